import { criticalPath, judge, tree, walk } from '@waymark/trace-model';
import type { Finding, Judgement, Span, SpanNode, Trace } from '@waymark/trace-model';
import { TimeScale } from './time-scale.ts';
import type { Stretch } from './time-scale.ts';

const MOST_EVENTS = 50;

/** A span as a row of the timeline. Places are nanoseconds on its `TimeScale`, as `number`: they hold 104 days exactly. */
export interface Row {
  /** Its place among all rows, collapsed or not; 0 is the first. */
  readonly index: number;
  readonly node: SpanNode;
  readonly span: Span;
  readonly start: number;
  readonly end: number;
  /** The places of its events, at most 50. */
  readonly events: readonly number[];
  /** How many rows are below it in the tree. They follow it directly. */
  readonly below: number;
  /** Its parts of the critical path. */
  readonly critical: readonly Stretch[];
  /** What `verify` found about it. */
  readonly findings: readonly Finding[];
}

/** Everything that the page shows of a trace, computed once. */
export interface Timeline {
  readonly trace: Trace;
  readonly rows: readonly Row[];
  readonly judgement: Judgement;
  /** When the trace began, in nanoseconds since 1970. */
  readonly start: bigint;
  /** From the first start to the last end, in nanoseconds; at least 1. */
  readonly duration: number;
  /** The same on the scale: less than the duration where waits are folded. */
  readonly length: number;
  readonly scale: TimeScale;
  /** The row of a span id; if several spans share it, the first. */
  readonly rowOf: ReadonlyMap<string, Row>;
}

/** The timeline of a trace, with long waits folded or not. */
export function timelineOf(trace: Trace, foldWaits: boolean): Timeline {
  const nodes = walk(tree(trace));
  const start = nodes.reduce((first, { span }) => (span.start < first ? span.start : first), nodes[0]?.span.start ?? 0n);
  const since = (time: bigint): number => Number(time - start);
  const scale = new TimeScale(
    nodes.map(({ span }): Stretch => [since(span.start), since(span.end)]),
    foldWaits,
  );
  const placeOf = (time: bigint): number => scale.place(since(time));
  const judgement = judge(trace);
  const found = bySpan(judgement.findings);
  const sections = Map.groupBy(criticalPath(trace), (section) => section.span);
  const below = descendants(nodes);
  const rows = nodes.map((node, index): Row => {
    const { span } = node;
    return {
      index,
      node,
      span,
      start: placeOf(span.start),
      end: placeOf(span.end),
      events: span.events.slice(0, MOST_EVENTS).map(({ time }) => placeOf(time)),
      below: below.get(node) ?? 0,
      critical: (sections.get(span) ?? []).map((section): Stretch => [placeOf(section.start), placeOf(section.end)]),
      findings: found.get(span.spanId) ?? [],
    };
  });
  const duration = nodes.reduce((last, { span }) => Math.max(last, since(span.start), since(span.end)), 1);
  const length = Math.max(1, scale.place(duration));
  const rowOf = new Map(rows.toReversed().map((row) => [row.span.spanId, row]));
  return { trace, rows, judgement, start, duration, length, scale, rowOf };
}

/** The rows that are shown: all but those below a collapsed one. `collapsed` has indexes of rows. */
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

/** Children come after their parents, so going backwards, the count of a node is complete before its parent needs it. */
function descendants(nodes: readonly SpanNode[]): ReadonlyMap<SpanNode, number> {
  const counts = new Map<SpanNode, number>();
  for (const node of nodes.toReversed()) {
    if (node.parent) counts.set(node.parent, (counts.get(node.parent) ?? 0) + (counts.get(node) ?? 0) + 1);
  }
  return counts;
}
