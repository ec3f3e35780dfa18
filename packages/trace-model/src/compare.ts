import { duration } from './trace.ts';
import type { Span, Trace } from './trace.ts';
import { tree } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** A span that one or both traces have at a place in the tree. */
export interface ComparedSpan {
  readonly depth: number;
  /** The span in the first trace; undefined when only the second has it. */
  readonly a: Span | undefined;
  /** The span in the second trace; undefined when only the first has it. */
  readonly b: Span | undefined;
  /** How much longer it took in the second trace, in nanoseconds; 0 when only one has it. */
  readonly slower: bigint;
  /** Whether both have it and their status codes differ. */
  readonly statusChanged: boolean;
}

/** Two traces laid over each other. */
export interface Comparison {
  /** Whether both have the same spans in the same places with the same status; times may differ. */
  readonly same: boolean;
  /** The spans of both, parents before children. */
  readonly spans: readonly ComparedSpan[];
}

/**
 * Lays two traces over each other from their tops down. Two spans are the same one when they hang below the same one and have the same
 * service, kind and name; where several do, the first goes with the first. The order of siblings is not compared: work done at once may
 * come in any.
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

/** The siblings of both, last first: they go onto a stack. */
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
