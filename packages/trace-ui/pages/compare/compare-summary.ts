import { element } from '@waymark/page-kit/element';
import { duration, formatDuration, judge } from '@waymark/trace-model';
import type { Comparison, Span, Trace } from '@waymark/trace-model';
import { headline, stateChip } from '../shared/headline.ts';
import { exactTime } from '../shared/moment.ts';
import { counted, shown } from '../shared/shown.ts';

/** The two traces, and a sentence that says how the second one differs. */
export function drawSummary(host: HTMLElement, a: Trace, b: Trace, comparison: Comparison): void {
  document.title = `${nameOf(a)} compared · Waymark`;
  host.replaceChildren(
    element('p', { className: 'result' }, `${difference(comparison)} ${comparison.same ? 'The second' : 'It'} took ${times(a, b)}.`),
    side('First', a),
    side('Second', b),
  );
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

function difference({ same, spans }: Comparison): string {
  if (same) return 'Both have the same spans with the same status.';
  const onlyFirst = spans.filter((span) => !span.b).length;
  const onlySecond = spans.filter((span) => !span.a).length;
  const status = spans.filter(({ statusChanged }) => statusChanged).length;
  const parts = [
    onlyFirst && `${counted(onlyFirst, 'span')} only in the first`,
    onlySecond && `${counted(onlySecond, 'span')} only in the second`,
    status && `${counted(status, 'span')} with a different status`,
  ];
  return `The second differs: ${parts.filter(Boolean).join(', ')}.`;
}

/** Both durations, from the first start to the last end. If the work went on after the request, also those of the request alone. */
function times(a: Trace, b: Trace): string {
  const whole = insteadOf(lengthOf(b), lengthOf(a));
  const [first, second] = [rootLength(a), rootLength(b)];
  return first === lengthOf(a) && second === lengthOf(b) ? whole : `${whole}; its request took ${insteadOf(second, first)}`;
}

function insteadOf(second: bigint, first: bigint): string {
  const [now, before] = [formatDuration(second), formatDuration(first)];
  return now === before ? `${now}, as the first did` : `${now} instead of ${before}`;
}

function lengthOf({ spans }: Trace): bigint {
  const start = spans.reduce((first, span) => (span.start < first ? span.start : first), spans[0]?.start ?? 0n);
  return spans.reduce((last, { end }) => (end - start > last ? end - start : last), 0n);
}

const root = ({ spans }: Trace): Span | undefined => spans.find(({ parentSpanId }) => parentSpanId === undefined) ?? spans[0];
const rootLength = (trace: Trace): bigint => (root(trace) ? duration(root(trace) as Span) : 0n);
const nameOf = (trace: Trace): string => shown(`${root(trace)?.service ?? ''} ${root(trace)?.name ?? ''}`);
