import { duration, formatDuration, judge } from '@waymark/trace-model';
import type { Comparison, Span, Trace } from '@waymark/trace-model';
import { element } from './element.ts';
import { headline, stateChip } from './headline.ts';
import { exactTime } from './moment.ts';
import { counted, shown } from './shown.ts';

/** The two traces, and in words how the second differs from the first. */
export function drawSummary(host: HTMLElement, a: Trace, b: Trace, comparison: Comparison): void {
  document.title = `${nameOf(a)} compared · Waymark`;
  host.replaceChildren(element('p', { className: 'result' }, words(a, b, comparison)), side('First', a), side('Second', b));
}

function side(heading: string, trace: Trace): HTMLElement {
  const { word, text } = headline(judge(trace));
  return element(
    'div',
    { className: 'side' },
    element(
      'p',
      {},
      element('span', { className: 'soft' }, `${heading} `),
      element('a', { href: `/trace/${trace.traceId}` }, nameOf(trace)),
    ),
    element('p', { className: 'soft' }, exactTime(trace.spans[0]?.start ?? 0n)),
    element('p', {}, stateChip(word), ` ${counted(trace.spans.length, 'span')}${text ? `, ${text}` : ''}`),
  );
}

function words(a: Trace, b: Trace, { same, spans }: Comparison): string {
  const gone = spans.filter((span) => !span.b).length;
  const come = spans.filter((span) => !span.a).length;
  const other = spans.filter(({ statusChanged }) => statusChanged).length;
  const parts = [
    gone && `${counted(gone, 'span')} only in the first`,
    come && `${counted(come, 'span')} only in the second`,
    other && `${counted(other, 'span')} with another status`,
  ].filter(Boolean);
  const slower = length(b) - length(a);
  const time =
    slower === 0n ? 'and took as long' : `and took ${formatDuration(slower < 0n ? -slower : slower)} ${slower > 0n ? 'longer' : 'less'}`;
  return `${same ? 'The second did the same as the first' : `The second differs: ${parts.join(', ')};`} ${same ? time : time.slice('and '.length)}.`.replace(
    '; took',
    '; it took',
  );
}

const root = ({ spans }: Trace): Span | undefined => spans.find(({ parentSpanId }) => parentSpanId === undefined) ?? spans[0];
const length = (trace: Trace): bigint => (root(trace) ? duration(root(trace) as Span) : 0n);
const nameOf = (trace: Trace): string => shown(`${root(trace)?.service ?? ''} ${root(trace)?.name ?? ''}`);
