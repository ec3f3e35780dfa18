import { formatDuration, isOwnJob } from '@waymark/trace-model';
import type { Dependency } from '@waymark/trace-model';
import { serviceChip } from '../shared/chip.ts';
import { element } from '@waymark/page-kit/element';
import { shown } from '../shared/shown.ts';

const HEADINGS = ['From', 'To', 'By', 'Calls', 'Errors', 'Median', '95th', 'Longest'];
const WORDS = 3;

/** The arrows of the graph as a table. */
export function dependencyTable(edges: readonly Dependency[]): HTMLElement {
  const head = HEADINGS.map((text, place) => element('th', { scope: 'col', className: place < WORDS ? '' : 'number' }, text));
  const rows = edges.map((edge) => {
    const { from, to, kind, calls, errors, latency } = edge;
    return element(
      'tr',
      {},
      element('td', {}, serviceChip(from)),
      element('td', {}, kind === 'database' ? shown(to) : serviceChip(to)),
      element('td', {}, isOwnJob(edge) ? 'own job' : kind),
      number(String(calls)),
      number(errors > 0 ? element('span', { className: 'errors' }, `✕ ${errors}`) : '0'),
      ...[latency.p50, latency.p95, latency.max].map((time) => number(formatDuration(time))),
    );
  });
  const table = element(
    'table',
    {},
    element('caption', { className: 'unseen' }, 'Dependencies'),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
  return element('div', { className: 'table-frame', tabIndex: 0, role: 'group', ariaLabel: 'Table' }, table);
}

const number = (text: string | Node): HTMLElement => element('td', { className: 'number' }, text);
