import { byId, element, svg } from '@waymark/page-kit/element';
import { formatDuration } from '@waymark/trace-model';
import { clockTime } from '../shared/moment.ts';
import { counted, shown } from '../shared/shown.ts';
import type { Summary } from './summary.ts';

const HEIGHT = 132;
const LEFT = 58;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 22;
const MOST_LINES = 4;

let latest: readonly Summary[] = [];
new ResizeObserver(() => draw()).observe(byId('scatter', HTMLElement));

/** Draws when each trace began and how long it took. A click on a dot opens the trace; the list has the same traces as links. */
export function drawScatter(summaries: readonly Summary[]): void {
  latest = summaries;
  draw();
}

function draw(): void {
  const host = byId('scatter', HTMLElement);
  host.hidden = latest.length < 2;
  const width = host.clientWidth;
  if (host.hidden || width === 0) return;
  const times = latest.map(({ start }) => Number(start / 1_000n));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const x = (time: number): number => LEFT + ((time - first) / Math.max(1, last - first)) * (width - LEFT - RIGHT);
  const lines = decades(latest.map(tookOf));
  const [least, most] = [Math.log10(lines[0] ?? 1), Math.log10(lines.at(-1) ?? 10)];
  const y = (took: number): number => HEIGHT - BOTTOM - ((Math.log10(took) - least) / (most - least)) * (HEIGHT - TOP - BOTTOM);
  const picture = svg('svg', { width, height: HEIGHT, role: 'img', 'aria-label': 'The duration of each trace over time' });
  for (const line of lines.filter((_, at) => at % Math.ceil(lines.length / MOST_LINES) === 0)) {
    picture.append(
      svg('line', { x1: LEFT, x2: width - RIGHT, y1: y(line), y2: y(line) }),
      svg('text', { x: LEFT - 8, y: y(line) + 4, 'text-anchor': 'end' }, formatDuration(BigInt(line)).replace(/\.0+ /, ' ')),
    );
  }
  const [earliest, newest] = [latest[times.indexOf(first)], latest[times.indexOf(last)]];
  picture.append(
    svg('text', { x: LEFT, y: HEIGHT - 5 }, clockTime(earliest?.start ?? 0n)),
    svg('text', { x: width - RIGHT, y: HEIGHT - 5, 'text-anchor': 'end' }, clockTime(newest?.start ?? 0n)),
    ...latest.toReversed().map((summary) => dot(summary, x(Number(summary.start / 1_000n)), y(tookOf(summary)))),
  );
  host.replaceChildren(picture, legend());
}

/** In nanoseconds, and never 0, which has no logarithm. */
const tookOf = ({ start, end }: Summary): number => Math.max(1, Number(end - start));

/** Powers of ten around the durations: at least two. */
function decades(durations: readonly number[]): readonly number[] {
  const first = Math.floor(Math.log10(Math.min(...durations)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...durations))));
  return Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at));
}

function dot(summary: Summary, cx: number, cy: number): SVGElement {
  const { traceId, rootService, rootName, errors, spans } = summary;
  const facts = [formatDuration(summary.end - summary.start), counted(spans, 'span'), ...(errors > 0 ? [counted(errors, 'error')] : [])];
  const words = shown(`${rootService} ${rootName}, ${facts.join(', ')}`);
  const made = svg(
    'circle',
    { cx, cy, r: Math.min(9, 3.5 + Math.log10(Math.max(1, spans))), class: errors > 0 ? 'failed' : '' },
    svg('title', {}, words),
  );
  made.addEventListener('click', () => location.assign(`/trace/${traceId}`));
  return made;
}

const legend = (): HTMLElement =>
  element(
    'p',
    { className: 'soft' },
    element('span', { className: 'dot' }),
    'trace ',
    element('span', { className: 'dot failed' }),
    'trace with errors',
  );
