import { formatDuration, servicesTable } from '@waymark/trace-model';
import type { Trace } from '@waymark/trace-model';
import { serviceChip } from './chip.ts';
import { element } from './element.ts';
import type { ColorOf } from './service-color.ts';

const HEADINGS = ['Service', 'Spans', 'Own time', '', 'Median', '95th', 'Longest', 'Errors'];

/** The table that operators read first: what each service contributed, the one that spent the most time itself first. */
export function servicesView(traces: readonly Trace[], color: ColorOf): HTMLElement {
  const rows = servicesTable(traces);
  const all = rows.reduce((sum, { selfTime }) => sum + selfTime, 0n);
  const body = rows.map(({ service, spans, selfTime, p50, p95, max, errors }) => {
    const share = all > 0n ? Number((selfTime * 1000n) / all) / 10 : 0;
    const bar = element('span', { className: 'share' });
    bar.style.width = `${share}%`;
    bar.style.background = color(service);
    const failed = element('td', { className: 'number' }, errors > 0 ? element('span', { className: 'errors' }, `✕ ${errors}`) : '0');
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, serviceChip(service, color(service))),
      number(String(spans)),
      number(formatDuration(selfTime)),
      element('td', { className: 'share-cell' }, bar, element('span', {}, `${share.toFixed(0)} %`)),
      ...[p50, p95, max].map((time) => number(formatDuration(time))),
      failed,
    );
  });
  const head = HEADINGS.map((text) =>
    element(text ? 'th' : 'td', { ...(text && { scope: 'col' }), className: text === 'Service' || !text ? '' : 'number' }, text),
  );
  const table = element(
    'table',
    { className: 'services' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  );
  return element(
    'div',
    {},
    element('div', { className: 'table-frame', tabIndex: 0, role: 'group', ariaLabel: 'Table' }, table),
    element(
      'p',
      { className: 'soft' },
      'Own time is what a service spent itself, not waiting for a span below. The others are of its spans.',
    ),
  );
}

const number = (text: string): HTMLElement => element('td', { className: 'number' }, text);
