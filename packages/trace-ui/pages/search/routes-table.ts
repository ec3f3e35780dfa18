import { element } from '@waymark/page-kit/element';
import { formatDuration, spread } from '@waymark/trace-model';
import { swatch } from '../shared/chip.ts';
import { shown } from '../shared/shown.ts';
import type { Summary } from './summary.ts';

const HEADINGS = ['Route', 'Traces', 'With errors', 'Median', '95th', 'Longest'];

/** Traces put together by the service and name of their root, the route with the most traces first. A route leads to its traces. */
export function routesTable(summaries: readonly Summary[], choose: (service: string, operation: string) => void): HTMLElement {
  const routes = Map.groupBy(summaries, ({ rootService, rootName }) => JSON.stringify([rootService, rootName]));
  const rows = [...routes.values()].sort((a, b) => b.length - a.length).map((traces) => row(traces, choose));
  const head = HEADINGS.map((text, at) => element('th', { scope: 'col', className: at === 0 ? '' : 'number' }, text));
  return element(
    'div',
    { className: 'table-frame', tabIndex: 0, role: 'group', ariaLabel: 'Routes' },
    element('table', { className: 'routes' }, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows)),
  );
}

function row(traces: readonly Summary[], choose: (service: string, operation: string) => void): HTMLElement {
  const { rootService = '', rootName = '' } = traces[0] ?? {};
  const { p50, p95, max } = spread(traces.map(({ start, end }) => end - start));
  const failed = traces.filter(({ errors }) => errors > 0).length;
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, ...nameOf(rootService, rootName, choose)),
    number(String(traces.length)),
    number(failed > 0 ? element('span', { className: 'errors' }, `✕ ${failed} (${Math.round((failed / traces.length) * 100)} %)`) : '0'),
    ...[p50, p95, max].map((time) => number(formatDuration(time))),
  );
}

function nameOf(service: string, name: string, choose: (service: string, operation: string) => void): readonly Node[] {
  if (!service) return [element('span', {}, 'no root span')];
  const button = element('button', { type: 'button', className: 'small' }, shown(name));
  button.addEventListener('click', () => choose(service, name));
  return [swatch(service), element('span', { className: 'soft' }, ` ${shown(service)} `), button];
}

const number = (text: string | Node): HTMLElement => element('td', { className: 'number' }, text);
