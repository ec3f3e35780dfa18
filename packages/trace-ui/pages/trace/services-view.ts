import { formatDuration, servicesTable } from '@waymark/trace-model';
import type { Trace } from '@waymark/trace-model';
import { serviceChip } from '../shared/chip.ts';
import { element } from '@waymark/page-kit/element';
import { colorOf } from '../shared/service-color.ts';

const HEADINGS = ['Service', 'Spans', 'Self time', '', 'Median', '95th', 'Longest', 'Errors'];

/** A table of the services of a trace, the one with the most self time first. */
export function servicesView(trace: Trace): HTMLElement {
  const rows = servicesTable([trace]);
  const all = rows.reduce((sum, { selfTime }) => sum + selfTime, 0n);
  const body = rows.map(({ service, spans, selfTime, p50, p95, max, errors }) => {
    const share = all > 0n ? Number((selfTime * 1000n) / all) / 10 : 0;
    const bar = element('span', { className: 'share' });
    bar.style.width = `${share}%`;
    bar.style.background = colorOf(service);
    const failed = element('td', { className: 'number' }, errors > 0 ? element('span', { className: 'errors' }, `✕ ${errors}`) : '0');
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, serviceChip(service)),
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
      'Self time is the time in which no child span was running. Median, 95th percentile and longest are those of the durations of its spans.',
    ),
  );
}

const number = (text: string): HTMLElement => element('td', { className: 'number' }, text);
