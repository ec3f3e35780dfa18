import { isAsynchronous } from '../asynchronous.ts';
import { CLOCK_TOLERANCE, type ClockSkew } from '../clocks.ts';
import { formatDuration } from '../format-duration.ts';
import { declaringProcesses, processOf } from '../settled.ts';
import { clipped } from '../text.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/**
 * Smaller time differences between spans of one process are ignored. In JavaScript, a span starts at a whole millisecond and ends by a finer clock,
 * so a child can seem to end up to one millisecond after its parent. Jaeger v1 also truncates times to microseconds.
 */
export const TOLERANCE = 2_000_000n;

/**
 * How much later than its parent a child may end if the service has no manifest. Third-party instrumentation ends a span when the connection has
 * finished with the response. In a busy process this can be tens of milliseconds after the program has finished.
 */
const LATE_TOLERANCE = 100_000_000n;

/** The same if it has one, but its spans have the clock of OpenTelemetry's JavaScript SDK. On busy machines 5 to 14 ms were seen. */
const SDK_TOLERANCE = 25_000_000n;

/**
 * OpenTelemetry's JavaScript SDK reads one clock for a span's start, and then another for its duration. If a busy machine suspends the process in
 * between, the span ends that much too early, and its children seem to end after it.
 */
const hasSdkClock = ({ resource: { attributes } }: Span): boolean =>
  attributes['telemetry.sdk.name'] === 'opentelemetry' && attributes['telemetry.sdk.language'] === 'nodejs';

/** Every span ends, and not before it starts. Synchronous work starts and ends within its parent. */
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
    'The time synchronisation of its host does not work. Durations are right, but times on different hosts cannot be compared.',
  );
}

/** An estimate of an hour is accurate to a minute at best. */
const rounded = (time: bigint, exact: boolean): bigint => (exact && time > MINUTE ? ((time + MINUTE / 2n) / MINUTE) * MINUTE : time);
const MINUTE = 60_000_000_000n;

function own({ span }: SpanNode): Finding[] {
  if (span.end === 0n) {
    return [
      error(
        'not-ended',
        [span],
        `${named(span)} has no end.`,
        'It was exported before it ended, or its exporter does not write the end time.',
      ),
    ];
  }
  if (span.end >= span.start) return [];
  const message = `${named(span)} ends ${formatDuration(span.start - span.end)} before it starts.`;
  return [
    error(
      'ends-before-start',
      [span],
      message,
      'The clock was set back while the span was open, or start and end come from different clocks.',
    ),
  ];
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
      error('async-too-early', [span, parent], message, 'It got the context of other work: of a message or request that came later.'),
    ];
  }
  const isDeclared = declaring.has(processOf(span));
  const late = span.end - parent.end;
  const strict = hasSdkClock(parent) ? SDK_TOLERANCE : tolerance;
  const longest = isDeclared ? strict : LATE_TOLERANCE;
  if (early <= tolerance && late <= longest) return [];
  const isEarly = early > tolerance;
  const how = isEarly ? `starts ${formatDuration(early)} before` : `ends ${formatDuration(late)} after`;
  const message = `${named(span)} ${how} its parent ${named(parent)}.`;
  // OpenTelemetry allows a child to end after its parent. A process with a manifest would detach such work, so there it is an error.
  const judge = isEarly || isDeclared ? error : note;
  return [judge('child-outside-parent', [span, parent], message, isEarly ? FOREIGN : OUTLIVES)];
}

const FOREIGN = 'The span got the context of work that it does not belong to.';
const OUTLIVES = 'Nothing waited for it: a promise without await, or work that should outlive the request and should be detached.';
