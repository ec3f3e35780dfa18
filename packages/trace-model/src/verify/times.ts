import { isAsynchronous } from '../asynchronous.ts';
import { CLOCK_TOLERANCE, type ClockSkew } from '../clocks.ts';
import { formatDuration } from '../format-duration.ts';
import { declaringProcesses, processOf } from '../settled.ts';
import { clipped } from '../text.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/**
 * What two spans of one process may disagree by. Spans of one process start at whole milliseconds in JavaScript and end by a finer clock, so
 * a child may seem to outlive its parent by up to one; Jaeger v1 cuts both to microseconds.
 */
export const TOLERANCE = 2_000_000n;

/**
 * How much later than its parent a child may end where no manifest says what the program meant. Other instrumentations end a span when they see
 * that the connection is done with the answer: in a busy process that is tens of milliseconds after the program was.
 */
const LATE_TOLERANCE = 100_000_000n;

/** Spans end, after they start, and synchronous work happens while its parent does. */
export const times: Rule = ({ trace, nodes, skews }) => {
  const declaring = declaringProcesses(trace.spans);
  return [...nodes.flatMap((node) => [...own(node), ...within(node, declaring)]), ...skews.map(skewed)];
};

function skewed({ service, behind, exact, others, spans }: ClockSkew): Finding {
  const whose = others.slice(0, 3).map(clipped).join(', ') + (others.length > 3 ? ', …' : '');
  const far = formatDuration(rounded(behind < 0n ? -behind : behind, exact));
  const message = `The clock of ${clipped(service)} is ${exact ? 'about' : 'at least'} ${far} ${behind < 0n ? 'ahead of' : 'behind'} that of ${whose}.`;
  return note(
    'clock-skew',
    spans,
    message,
    'The time synchronisation of its host does not work. Durations are right; times across hosts are not.',
  );
}

/** An estimate of an hour is right to the minute at best. */
const rounded = (time: bigint, exact: boolean): bigint => (exact && time > MINUTE ? ((time + MINUTE / 2n) / MINUTE) * MINUTE : time);
const MINUTE = 60_000_000_000n;

function own({ span }: SpanNode): Finding[] {
  if (span.end === 0n) {
    return [
      error(
        'not-ended',
        [span],
        `${named(span)} has no end.`,
        'It was exported before it ended, or its exporter does not fill in the end.',
      ),
    ];
  }
  if (span.end >= span.start) return [];
  const message = `${named(span)} ends ${formatDuration(span.start - span.end)} before it starts.`;
  return [error('ends-before-start', [span], message, 'The clock was set back while it ran, or start and end come from different clocks.')];
}

function within(node: SpanNode, declaring: ReadonlySet<string>): Finding[] {
  const { span } = node;
  const parent = node.parent?.span;
  if (!parent || span.end < span.start || parent.end < parent.start) return [];
  if (parent.kind === 'CLIENT' && span.kind === 'SERVER') return []; // see calls.ts
  const tolerance = processOf(span) === processOf(parent) ? TOLERANCE : CLOCK_TOLERANCE;
  const early = parent.start - span.start;
  if (isAsynchronous(node)) {
    if (early <= tolerance) return [];
    const message = `${named(span)} starts ${formatDuration(early)} before ${named(parent)}, which it follows from.`;
    return [
      error('async-too-early', [span, parent], message, 'It was given the context of other work: of a message or request that came later.'),
    ];
  }
  const isDeclared = declaring.has(processOf(span));
  const late = span.end - parent.end;
  if (early <= tolerance && late <= (isDeclared ? tolerance : LATE_TOLERANCE)) return [];
  const isEarly = early > tolerance;
  const how = isEarly ? `starts ${formatDuration(early)} before` : `ends ${formatDuration(late)} after`;
  const message = `${named(span)} ${how} its parent ${named(parent)}.`;
  // OpenTelemetry lets a child outlive its parent. Only a process that declares its segments has a way to say that it means to.
  const judge = isEarly || isDeclared ? error : note;
  return [judge('child-outside-parent', [span, parent], message, isEarly ? FOREIGN : OUTLIVES)];
}

const FOREIGN = 'The span was given the context of other work than it belongs to.';
const OUTLIVES = 'Nobody waited for it: a promise without await, or work that is meant to outlive the request, which should be detached.';
