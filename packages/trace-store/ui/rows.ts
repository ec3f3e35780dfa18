import { criticalPath, judge, tree, walk } from '@waymark/trace-model';
import type { Finding, Judgement, Span, SpanNode, Trace } from '@waymark/trace-model';

/** A stretch of time in nanoseconds since the trace began. */
export type Stretch = readonly [from: number, to: number];

/** A span as a line of the timeline. Times in nanoseconds since the trace began, as `number`: they hold 104 days exactly. */
export interface Row {
  /** Its place among all rows, collapsed or not; 0 is the first. */
  readonly index: number;
  readonly node: SpanNode;
  readonly span: Span;
  readonly start: number;
  readonly end: number;
  /** How many rows lie below it in the tree; they follow it at once. */
  readonly below: number;
  /** Where it is on the critical path. */
  readonly trail: readonly Stretch[];
  /** What `verify` found about it. */
  readonly findings: readonly Finding[];
}

/** All that the page shows of a trace, worked out once. */
export interface Timeline {
  readonly trace: Trace;
  readonly rows: readonly Row[];
  readonly judgement: Judgement;
  /** When the trace began, in nanoseconds since 1970. */
  readonly start: bigint;
  /** From the first start to the last end, in nanoseconds; at least 1. */
  readonly length: number;
  /** The row of a span id; of several spans that share it, the first. */
  readonly rowOf: ReadonlyMap<string, Row>;
}

/** The timeline of a trace. */
export function timelineOf(trace: Trace): Timeline {
  const nodes = walk(tree(trace));
  const start = nodes.reduce((first, { span }) => (span.start < first ? span.start : first), nodes[0]?.span.start ?? 0n);
  const judgement = judge(trace);
  const found = bySpan(judgement.findings);
  const since = (time: bigint): number => Number(time - start);
  const trails = Map.groupBy(criticalPath(trace), (section) => section.span);
  const below = descendants(nodes);
  const rows = nodes.map((node, index): Row => {
    const trail = (trails.get(node.span) ?? []).map((section): Stretch => [since(section.start), since(section.end)]);
    const { span } = node;
    const about = found.get(span.spanId) ?? [];
    return { index, node, span, start: since(span.start), end: since(span.end), below: below.get(node) ?? 0, trail, findings: about };
  });
  const length = rows.reduce((last, row) => Math.max(last, row.end, row.start), 1);
  const rowOf = new Map(rows.toReversed().map((row) => [row.span.spanId, row]));
  return { trace, rows, judgement, start, length, rowOf };
}

/** The rows that are shown: all but those below a collapsed one, which is named by its index. */
export function openRows(rows: readonly Row[], collapsed: ReadonlySet<number>): readonly Row[] {
  const open: Row[] = [];
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] as Row;
    open.push(row);
    if (collapsed.has(index)) index += row.below;
  }
  return open;
}

function bySpan(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const found = new Map<string, Finding[]>();
  for (const finding of findings) {
    for (const id of new Set(finding.spanIds)) found.set(id, [...(found.get(id) ?? []), finding]);
  }
  return found;
}

/** Children come after their parents, so read from the end each node's count is complete before its parent's. */
function descendants(nodes: readonly SpanNode[]): ReadonlyMap<SpanNode, number> {
  const counts = new Map<SpanNode, number>();
  for (const node of nodes.toReversed()) {
    if (node.parent) counts.set(node.parent, (counts.get(node.parent) ?? 0) + (counts.get(node) ?? 0) + 1);
  }
  return counts;
}
