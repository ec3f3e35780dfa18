import { duration } from './trace.ts';
import type { Span, Trace } from './trace.ts';
import { tree } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** A place in the tree where one or both traces have a span. */
export interface ComparedSpan {
  readonly depth: number;
  /** The span in the first trace; undefined if only the second has it. */
  readonly a: Span | undefined;
  /** The span in the second trace; undefined if only the first has it. */
  readonly b: Span | undefined;
  /** How much longer it took in the second trace, in nanoseconds; 0 if only one trace has it. */
  readonly slower: bigint;
  /** Whether both traces have it, with different status codes. */
  readonly statusChanged: boolean;
}

/** The result of comparing two traces. */
export interface Comparison {
  /** Whether both have the same spans in the same places with the same status. Times may differ. */
  readonly same: boolean;
  /** The spans of both traces, parents before children. */
  readonly spans: readonly ComparedSpan[];
}

/**
 * Compares two traces from the top down. Two spans match if their parents match and they have the same service, kind and name. Among several
 * such spans, the first matches the first, and so on. The order of siblings is otherwise ignored, because concurrent work has no fixed order.
 */
export function compare(a: Trace, b: Trace): Comparison {
  const spans: ComparedSpan[] = [];
  const stack = pair(tree(a).tops, tree(b).tops);
  for (let both = stack.pop(); both; both = stack.pop()) {
    spans.push(compared(both));
    for (const below of pair(both.a?.children ?? [], both.b?.children ?? [])) stack.push(below);
  }
  return { same: spans.every((span) => span.a && span.b && !span.statusChanged), spans };
}

interface Pair {
  readonly a: SpanNode | undefined;
  readonly b: SpanNode | undefined;
}

/** Pairs the siblings of both traces, in reverse order: the caller pushes them onto a stack. */
function pair(first: readonly SpanNode[], second: readonly SpanNode[]): Pair[] {
  const waiting = Map.groupBy(second, sameness);
  const pairs: Pair[] = first.map((a) => ({ a, b: waiting.get(sameness(a))?.shift() }));
  const rest = [...waiting.values()].flat().map((b) => ({ a: undefined, b }));
  return [...pairs, ...rest].toReversed();
}

const sameness = ({ span, place }: SpanNode): string => [span.service, span.kind, span.name, place].join('\u0000');

function compared({ a, b }: Pair): ComparedSpan {
  return {
    depth: a?.depth ?? b?.depth ?? 0,
    a: a?.span,
    b: b?.span,
    slower: a && b ? duration(b.span) - duration(a.span) : 0n,
    statusChanged: a !== undefined && b !== undefined && a.span.status.code !== b.span.status.code,
  };
}
