import { declaredSize } from '../settled.ts';
import { clipped } from '../text.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** The spans make one tree: one root, no orphan, no cycle. */
export const shape: Rule = ({ tree: { tops } }) => {
  const [entry] = tops;
  if (!entry) return [];
  if (tops.length === 1 && entersFromOutside(entry)) return [outside(entry)];
  return [...roots(tops), ...tops.flatMap(misplaced), ...tops.flatMap(callOfNobody)];
};

/** A trace that begins with the answer to somebody who sends a trace context but no spans, such as a browser or a test. */
const entersFromOutside = ({ place, span }: SpanNode): boolean =>
  place === 'orphan' && (span.kind === 'SERVER' || span.kind === 'CONSUMER');

const outside = ({ span }: SpanNode): Finding =>
  note(
    'parent-outside',
    [span],
    `${named(span)} continues span ${clipped(span.parentSpanId ?? '')}, which is not in this trace.`,
    'The caller sends a trace context but exports no spans, or not here.',
  );

function roots(tops: readonly SpanNode[]): Finding[] {
  const roots = tops.filter(({ place }) => place === 'root').map(({ span }) => span);
  if (roots.length === 0) {
    return [
      error(
        'root-missing',
        [],
        'No span of the trace is a root.',
        'The process where the trace began lost its spans, or its root has not ended yet.',
      ),
    ];
  }
  if (roots.length === 1) return [];
  const message = `The trace has ${roots.length} roots: ${roots.slice(0, 3).map(named).join(', ')}${roots.length > 3 ? ', …' : '.'}`;
  return [error('root-several', roots, message, 'Work was started in this trace without the context of the span that asked for it.')];
}

/** A call is made for a request, a job or a task. One that begins a trace has lost it, or belongs to none. */
function callOfNobody({ place, span }: SpanNode): Finding[] {
  // Programs without a manifest are often nothing but callers. Messages may be sent as a program starts.
  if (place !== 'root' || span.kind !== 'CLIENT' || declaredSize(span) === undefined) return [];
  const message = `${named(span)} begins this trace: it was made outside of any request, job or task.`;
  return [
    note('root-client', [span], message, 'The context was lost on the way to it, or it belongs to a program that has no span of its own.'),
  ];
}

function misplaced({ place, span }: SpanNode): Finding[] {
  if (place === 'orphan') {
    const message = `${named(span)} is an orphan: its parent ${clipped(span.parentSpanId ?? '')} is not in the trace.`;
    return [error('orphan', [span], message, orphanCause(span.kind))];
  }
  if (place !== 'cycle') return [];
  const message = `${named(span)} is among its own ancestors: parent ids lead in a circle.`;
  return [error('cycle', [span], message, 'Ids were reused or rewritten on the way; no tracer makes a span before its parent.')];
}

const orphanCause = (kind: string): string =>
  kind === 'SERVER' || kind === 'CONSUMER'
    ? "The caller's span was not exported: it has not ended, was dropped, or a proxy between the two made a context of its own."
    : 'Its parent never ended, was dropped by a full queue, or died with its process before it was exported.';
