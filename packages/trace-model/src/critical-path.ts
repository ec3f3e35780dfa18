import { isAsynchronous } from './asynchronous.ts';
import type { Span, Trace } from './trace.ts';
import { tree } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** A period in which the whole trace waited for this span itself, not for a child of it. Times are nanoseconds since 1970. */
export interface Section {
  readonly span: Span;
  readonly start: bigint;
  readonly end: bigint;
}

/** Consecutive spans can seem to overlap by this much if their clock counts whole milliseconds. */
const CLOCK_GRANULARITY = 1_000_000n;

/**
 * The critical path: the sections, in order of time, that determine the duration of a trace. To make the trace faster, one of them must
 * become shorter. Together they cover the first root exactly (or the first top span if there is no root). The path is found backwards from the
 * end of each span: which child ended last, which child ended before that one started, and so on. Asynchronous work, and children that end
 * after their parent, are not on the path.
 */
export function criticalPath(trace: Trace): readonly Section[] {
  const { tops } = tree(trace);
  const top = tops.find((node) => node.place === 'root') ?? tops[0];
  const sections: Section[] = [];
  const stack: Stretch[] = top ? [{ node: top, start: top.span.start, end: top.span.end }] : [];
  for (let stretch = stack.pop(); stretch; stretch = stack.pop()) follow(stretch, sections, stack);
  return sections.toSorted((a, b) => Number(a.start - b.start));
}

/** The part of a span that is on the path. */
interface Stretch {
  readonly node: SpanNode;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * Chooses the children that the span waited for by the span's own times, and only then cuts them to the part that is on the path. So the
 * result is the same if the caller gave up before the span ended.
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
    // Clocks can make a response seem later than the end of its call. It arrived at that end.
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
  // A call waits for its response, even if the clocks of the two hosts say otherwise.
  return child.span.end <= parent.span.end + CLOCK_GRANULARITY || (parent.span.kind === 'CLIENT' && child.span.kind === 'SERVER');
}
