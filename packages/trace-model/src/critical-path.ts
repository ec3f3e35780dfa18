import { isAsynchronous } from './asynchronous.ts';
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
 * fill its first root exactly (or its first top, where it has no root). Each span is read backwards from its own end: what ran last, what had to end
 * before that could start, and so on. Asynchronous work and children that outlive their parent are not waited for.
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

/**
 * The span waits for the same children whoever gave up on it: they are chosen by its own times, and only then cut to the stretch that is
 * on the path.
 */
function follow({ node, start, end }: Stretch, sections: Section[], stack: Stretch[]): void {
  const { span } = node;
  const cut = (from: bigint, to: bigint): { start: bigint; end: bigint } | undefined => {
    const part = { start: from > start ? from : start, end: to < end ? to : end };
    return part.start < part.end ? part : undefined;
  };
  let cursor = span.end;
  const own = (from: bigint): void => {
    const part = cut(from, cursor);
    if (part) sections.push({ span, ...part });
  };
  for (const child of node.children.filter((one) => isAwaited(node, one)).toSorted((a, b) => Number(b.span.end - a.span.end))) {
    // An answer that seems to come after its call has ended came at its end.
    const ended = child.span.end > span.end ? span.end : child.span.end;
    if (ended > cursor + CLOCK_GRANULARITY) continue;
    const to = ended < cursor ? ended : cursor;
    const from = child.span.start > span.start ? child.span.start : span.start;
    if (from >= to) continue;
    own(to);
    const part = cut(from, to);
    if (part) stack.push({ node: child, ...part });
    cursor = from;
  }
  own(span.start);
}

function isAwaited(parent: SpanNode, child: SpanNode): boolean {
  if (isAsynchronous(child)) return false;
  // A call waits for its answer, even where the clocks of two hosts say otherwise.
  return child.span.end <= parent.span.end + CLOCK_GRANULARITY || (parent.span.kind === 'CLIENT' && child.span.kind === 'SERVER');
}
