import type { Span, Trace } from './trace.ts';
import { tree } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** A stretch of time during which the whole waited for this span and none below it. Nanoseconds since 1970. */
export interface Section {
  readonly span: Span;
  readonly start: bigint;
  readonly end: bigint;
}

/** Spans of a whole-millisecond clock that follow each other may seem to overlap by this much. */
const CLOCK_GRANULARITY = 1_000_000n;

/**
 * What the duration of a trace is made of: the sections, in order of time, that one would have to shorten to make it faster. Together they
 * fill its first root exactly (or its first top, where it has no root). Read backwards from the end: what ran last, what had to end before
 * that could start, and so on; work that goes on after its parent has ended is not waited for.
 */
export function criticalPath(trace: Trace): readonly Section[] {
  const { tops } = tree(trace);
  const top = tops.find((node) => node.place === 'root') ?? tops[0];
  const sections: Section[] = [];
  const stack: Stretch[] = top ? [{ node: top, start: top.span.start, end: top.span.end }] : [];
  for (let stretch = stack.pop(); stretch; stretch = stack.pop()) follow(stretch, sections, stack);
  return sections.toSorted((a, b) => Number(a.start - b.start));
}

/** The part of a span's time that is on the path. */
interface Stretch {
  readonly node: SpanNode;
  readonly start: bigint;
  readonly end: bigint;
}

function follow({ node, start, end }: Stretch, sections: Section[], stack: Stretch[]): void {
  let cursor = end;
  for (const child of node.children.toSorted((a, b) => Number(b.span.end - a.span.end))) {
    const from = child.span.start > start ? child.span.start : start;
    const to = child.span.end < cursor ? child.span.end : cursor;
    if (from >= to || (child.span.end > cursor + CLOCK_GRANULARITY && !isAnswer(node, child))) continue;
    if (to < cursor) sections.push({ span: node.span, start: to, end: cursor });
    stack.push({ node: child, start: from, end: to });
    cursor = from;
  }
  if (start < cursor) sections.push({ span: node.span, start, end: cursor });
}

/** A call waits for its answer, even where the clocks of two hosts say otherwise. */
const isAnswer = (parent: SpanNode, child: SpanNode): boolean => parent.span.kind === 'CLIENT' && child.span.kind === 'SERVER';
