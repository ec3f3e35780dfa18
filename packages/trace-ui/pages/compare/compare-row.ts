import { duration, formatDuration } from '@waymark/trace-model';
import type { ComparedSpan, Span } from '@waymark/trace-model';
import { element } from '@waymark/page-kit/element';
import { shown } from '../shared/shown.ts';
import { swatch } from '../shared/chip.ts';

const INDENT = 14;
const DEEPEST = 16;

/** A span of one trace or both. `most` is the difference of the longest bar, in nanoseconds. */
export function comparedRow(compared: ComparedSpan, most: number): HTMLElement {
  const { a, b, depth, statusChanged } = compared;
  const span = (a ?? b) as Span;
  const [sign, words] = !b
    ? ['−', 'only in the first']
    : !a
      ? ['+', 'only in the second']
      : statusChanged
        ? ['!', 'different status']
        : ['', ''];
  const mark = element('span', { role: 'cell', className: 'mark', title: words }, sign, element('span', { className: 'unseen' }, words));
  const name = element(
    'span',
    { role: 'cell', className: 'name-cell' },
    swatch(span.service),
    element('span', { className: 'service' }, shown(span.service)),
    element('span', { className: 'name' }, shown(span.name)),
  );
  name.style.paddingInlineStart = `${Math.min(depth, DEEPEST) * INDENT}px`;
  name.title = shown(`${span.service}: ${span.name}`);
  if (statusChanged) name.append(element('span', { className: 'error-word' }, `${a?.status.code} → ${b?.status.code}`));
  const row = element('div', { role: 'row', className: 'compared' }, mark, name, took(a), took(b), difference(compared, most));
  row.classList.add(!b ? 'first-only' : !a ? 'second-only' : 'both');
  return row;
}

const took = (span: Span | undefined): HTMLElement =>
  element('span', { role: 'cell', className: 'number' }, span ? formatDuration(duration(span)) : '–');

/** As a number and as a bar: to the right if the second is slower, to the left if it is faster. */
function difference({ a, b, slower }: ComparedSpan, most: number): HTMLElement {
  const cell = element('span', { role: 'cell', className: 'difference' });
  if (!a || !b) return cell;
  const track = element('span', { className: 'track' });
  const bar = element('span', { className: slower > 0n ? 'slower' : 'faster' });
  bar.style.width = `${(Math.abs(Number(slower)) / most) * 50}%`;
  track.append(bar);
  cell.append(element('span', { className: 'number' }, `${slower > 0n ? '+' : ''}${formatDuration(slower).replace('-', '−')}`), track);
  return cell;
}
