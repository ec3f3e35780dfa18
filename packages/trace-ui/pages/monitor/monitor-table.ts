import { byId, element } from '@waymark/page-kit/element';
import { formatDuration } from '@waymark/trace-model';
import { serviceChip } from '../shared/chip.ts';
import { clockTime } from '../shared/moment.ts';
import { shown } from '../shared/shown.ts';
import type { Monitor, MonitoredOperation, SpanPlace } from './monitor.ts';

const COLUMNS = 8;
const SECOND = 1_000_000_000n;
const FAILED = '{"error":"true"}';
const perSecond = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

let lines = new Map<string, HTMLTableRowElement>();

/** Shows the operations. A line that was there stays the same element, and so do its links, so that they keep the focus. */
export function showOperations({ operations, window }: Monitor, lookback: string): void {
  const before = lines;
  lines = new Map(
    operations.map((operation) => {
      const key = JSON.stringify([operation.service, operation.name]);
      const line = before.get(key) ?? newLine(operation);
      update(line, operation, window, lookback);
      return [key, line];
    }),
  );
  const body = byId('operations', HTMLTableSectionElement);
  const after = [...lines.values()];
  if (after.length !== body.rows.length || after.some((line, at) => body.rows[at] !== line)) body.replaceChildren(...after);
}

function newLine({ service }: MonitoredOperation): HTMLTableRowElement {
  const numbers = Array.from({ length: COLUMNS - 1 }, () => element('td', { className: 'number' }));
  return element('tr', {}, element('td', {}, serviceChip(service)), element('th', { scope: 'row' }), ...numbers);
}

/** Each number leads to the traces behind it. */
function update(line: HTMLTableRowElement, operation: MonitoredOperation, window: bigint, lookback: string): void {
  const { service, name, requests, errors, p50, p95, p99, slowest, lastFailed } = operation;
  const search = (more: Readonly<Record<string, string>>): string =>
    `/search?${new URLSearchParams({ service, operation: name, lookback, ...more })}`;
  const slower = (duration: bigint): string => search({ minDuration: roundedDown(duration), sort: 'longest' });
  const contents: readonly (readonly [text: string, href?: string])[] = [
    [shown(name) || 'no name', search({})],
    [perSecond.format((requests * 1e9) / Number(window > SECOND ? window : SECOND))],
    errors > 0 ? [`✕ ${percent.format((errors / requests) * 100)} %`, search({ tags: FAILED })] : ['0'],
    [formatDuration(p50)],
    [formatDuration(p95), slower(p95)],
    [formatDuration(p99), slower(p99)],
    [formatDuration(slowest.duration), addressOf(slowest)],
    lastFailed ? [clockTime(lastFailed.start), addressOf(lastFailed)] : ['–'],
  ];
  for (const [at, [text, href]] of contents.entries()) fill(line.cells[at + 1], text, href);
  for (const at of [3, 8]) line.cells[at]?.classList.toggle('errors', errors > 0);
}

const addressOf = ({ traceId, spanId }: SpanPlace): string => `/trace/${traceId}?span=${spanId}`;

/** As the search form takes it. Rounded down, so that the search finds the request that took this long too. */
const roundedDown = (duration: bigint): string => `${Number(duration / 1_000n) / 1_000}ms`;

/** Sets the text of a cell, or of the link in it. */
function fill(cell: HTMLElement | undefined, text: string, href?: string): void {
  if (href === undefined) return cell?.replaceChildren(text);
  const link = cell?.querySelector('a') ?? element('a');
  if (!cell?.contains(link)) cell?.replaceChildren(link);
  if (link.textContent !== text) link.textContent = text;
  link.href = href;
}
