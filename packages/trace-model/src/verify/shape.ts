import { declaredSize } from '../settled.ts';
import { clipped } from '../text.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule } from './finding.ts';

/** The spans form one tree: one root, no orphans, no cycles. */
export const shape: Rule = ({ tree: { tops } }) => {
  const [entry] = tops;
  if (!entry) return [];
  if (tops.length === 1 && entersFromOutside(entry)) return [outside(entry)];
  return [...roots(tops), ...tops.flatMap(misplaced), ...tops.flatMap(callOfNobody)];
};

/** Whether the trace begins in a service that was called with a trace context, by a caller that exports no spans, such as a browser or a test. */
const entersFromOutside = ({ place, span }: SpanNode): boolean =>
  place === 'orphan' && (span.kind === 'SERVER' || span.kind === 'CONSUMER');

const outside = ({ span }: SpanNode): Finding =>
  note(
    'parent-outside',
    [span],
    `${named(span)} continues span ${clipped(span.parentSpanId ?? '')}, which is not in this trace.`,
    'The caller sends a trace context but exports no spans, or exports them elsewhere.',
  );

function roots(tops: readonly SpanNode[]): Finding[] {
  const roots = tops.filter(({ place }) => place === 'root').map(({ span }) => span);
  if (roots.length === 0) {
    return [
      error(
        'root-missing',
        [],
        'No span of the trace is a root.',
        'The process that started the trace lost its spans, or the root has not ended yet.',
      ),
    ];
  }
  if (roots.length === 1) return [];
  const message = `The trace has ${roots.length} roots: ${roots.slice(0, 3).map(named).join(', ')}${roots.length > 3 ? ', …' : '.'}`;
  return [error('root-several', roots, message, 'Work was started in this trace without the context of the span that started it.')];
}

/** A call should belong to a request, a job or a task. If a call begins a trace, its context was lost. */
function callOfNobody({ place, span }: SpanNode): Finding[] {
  // Programs without a manifest often only make calls. Messages may be sent while a program starts.
  if (place !== 'root' || span.kind !== 'CLIENT' || declaredSize(span) === undefined) return [];
  const message = `${named(span)} begins this trace: it was made outside of any request, job or task.`;
  return [note('root-client', [span], message, 'The context was lost before the call, or the program has no span around it.')];
}

function misplaced({ place, span }: SpanNode): Finding[] {
  if (place === 'orphan') {
    const message = `${named(span)} is an orphan: its parent ${clipped(span.parentSpanId ?? '')} is not in the trace.`;
    return [error('orphan', [span], message, orphanCause(span.kind))];
  }
  if (place !== 'cycle') return [];
  const message = `${named(span)} is its own ancestor: the parent ids form a cycle.`;
  return [error('cycle', [span], message, 'Ids were reused or rewritten on the way. No tracer makes a span before its parent.')];
}

const orphanCause = (kind: string): string =>
  kind === 'SERVER' || kind === 'CONSUMER'
    ? "The caller's span was not exported: it has not ended or was dropped. Or a proxy between the two made its own context."
    : 'Its parent never ended, was dropped by a full queue, or was lost when its process was killed.';
