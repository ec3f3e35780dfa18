import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/**
 * The self time of each span, in nanoseconds: its duration minus the time in which a child was running. Time in which several children
 * ran counts once. Time after the end of the span does not count.
 */
export function selfTimes(trace: Trace): ReadonlyMap<Span, bigint> {
  return new Map(walk(tree(trace)).map((node) => [node.span, selfTime(node)]));
}

function selfTime({ span, children }: SpanNode): bigint {
  let self = 0n;
  let covered = span.start;
  for (const child of children) {
    if (child.span.start >= span.end) break;
    if (child.span.start > covered) self += child.span.start - covered;
    if (child.span.end > covered) covered = child.span.end;
  }
  return covered < span.end ? self + span.end - covered : self;
}
