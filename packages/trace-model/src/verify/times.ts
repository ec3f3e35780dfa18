import { formatDuration } from '../format-duration.ts';
import type { SpanNode } from '../tree.ts';
import { error, named } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/**
 * What two clocks of one host may disagree by. Spans of one process start at whole milliseconds in JavaScript and end by a finer clock, so
 * a child may seem to outlive its parent by up to one; Jaeger v1 cuts both to microseconds.
 */
export const TOLERANCE = 2_000_000n;

/** Spans end, after they start, and synchronous work happens while its parent does. */
export const times: Rule = ({ nodes }) => nodes.flatMap((node) => [...own(node), ...within(node)]);

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

function within({ span, parent: above }: SpanNode): Finding[] {
  const parent = above?.span;
  if (!parent || span.end < span.start || parent.end < parent.start) return [];
  if (parent.kind === 'CLIENT' && span.kind === 'SERVER') return []; // the clocks of two hosts: see calls.ts
  const early = parent.start - span.start;
  if (isAsynchronous(span, parent)) {
    if (early <= TOLERANCE) return [];
    const message = `${named(span)} starts ${formatDuration(early)} before ${named(parent)}, which it follows from.`;
    return [
      error('async-too-early', [span, parent], message, 'The clocks of the two hosts differ, or the context is of an earlier message.'),
    ];
  }
  const late = span.end - parent.end;
  if (early <= TOLERANCE && late <= TOLERANCE) return [];
  const how = early > TOLERANCE ? `starts ${formatDuration(early)} before` : `ends ${formatDuration(late)} after`;
  const cause = early > TOLERANCE ? CLOCKS : OUTLIVES;
  return [error('child-outside-parent', [span, parent], `${named(span)} ${how} its parent ${named(parent)}.`, cause)];
}

const CLOCKS = 'The clocks of the two differ, or the span was given a context that is not of the work it belongs to.';
const OUTLIVES = 'Nobody waited for it: a promise without await, or work meant to outlive the request, which should be linked instead.';

/** Work that its parent does not wait for, by what it says itself. */
const isAsynchronous = (span: SpanNode['span'], parent: SpanNode['span']): boolean =>
  span.kind === 'CONSUMER' || parent.kind === 'PRODUCER' || span.links.length > 0;
