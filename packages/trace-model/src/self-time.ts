import type { Span, Trace } from './trace.ts';
import { tree, walk } from './tree.ts';
import type { SpanNode } from './tree.ts';

/**
 * The time each span spent itself, in nanoseconds: its duration without the parts during which a child was running. Children that run at
 * once are taken off once, and work that goes on after its parent not at all.
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
