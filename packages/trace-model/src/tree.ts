import type { Span, Trace } from './trace.ts';

/**
 * The place of a span in the tree. A `root` has no parent id, a `child` is below its parent, the parent of an `orphan` is missing, and
 * `cycle` is the earliest span of a cycle of parent ids.
 */
export type Place = 'root' | 'child' | 'orphan' | 'cycle';

/** A span with its place in the tree. */
export interface SpanNode {
  readonly span: Span;
  readonly place: Place;
  /** Another span of the trace has the same span id. */
  readonly duplicate: boolean;
  /** 0 at the top. */
  readonly depth: number;
  /** Undefined at the top. */
  readonly parent: SpanNode | undefined;
  /** In order of start. */
  readonly children: readonly SpanNode[];
}

/** Every span of a trace exactly once. */
export interface Tree {
  /** Roots, orphans and cycles, in order of start. */
  readonly tops: readonly SpanNode[];
}

/**
 * Builds the tree of a trace from its parent ids and repairs nothing: orphans stay at the top, duplicates are not merged, and a cycle is cut only
 * at its earliest span. If several spans share the parent's id, a child belongs to the one of its own service, otherwise to the first.
 */
export function tree(trace: Trace): Tree {
  const nodes = trace.spans.map(blank);
  const byId = Map.groupBy(nodes, (node) => node.span.spanId);
  const twins = twinsByService(byId);
  for (const node of nodes) {
    node.duplicate = twins.has(node.span.spanId);
    place(node, byId, twins);
  }
  enterCycles(nodes);
  for (const node of nodes) node.parent?.children.push(node);
  const tops = nodes.filter((node) => node.parent === undefined);
  for (const node of below(tops)) node.depth = node.parent ? node.parent.depth + 1 : 0;
  return { tops };
}

/** All nodes, parents before children and siblings in order, as a tree is printed. */
export const walk = ({ tops }: Tree): readonly SpanNode[] => [...below(tops)];

/** Not recursive, because a trace can be deeper than the call stack. */
function* below<Node extends { readonly children: readonly Node[] }>(nodes: readonly Node[]): Generator<Node, undefined> {
  const stack = nodes.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    for (const child of node.children.toReversed()) stack.push(child);
  }
}

interface Draft {
  readonly span: Span;
  place: Place;
  duplicate: boolean;
  depth: number;
  parent: Draft | undefined;
  readonly children: Draft[];
}

const blank = (span: Span): Draft => ({ span, place: 'root', duplicate: false, depth: 0, parent: undefined, children: [] });

type Twins = ReadonlyMap<string, ReadonlyMap<string, Draft>>;

/** For each id that several spans share, the first span of each service. */
function twinsByService(byId: ReadonlyMap<string, readonly Draft[]>): Twins {
  const shared = [...byId].filter(([, { length }]) => length > 1);
  return new Map(shared.map(([id, nodes]) => [id, new Map(nodes.toReversed().map((node) => [node.span.service, node]))]));
}

function place(node: Draft, byId: ReadonlyMap<string, readonly Draft[]>, twins: Twins): void {
  const { parentSpanId, spanId, service } = node.span;
  if (parentSpanId === undefined) return;
  node.parent = parentSpanId === spanId ? node : (twins.get(parentSpanId)?.get(service) ?? byId.get(parentSpanId)?.[0]);
  node.place = node.parent ? 'child' : 'orphan';
}

/** Follows the parents of each span. If the walk comes back to itself, it has found a cycle, and its earliest span becomes a top. */
function enterCycles(nodes: readonly Draft[]): void {
  const walkOf = new Map<Draft, Draft>();
  for (const first of nodes) {
    let node: Draft | undefined = first;
    while (node && !walkOf.has(node)) {
      walkOf.set(node, first);
      node = node.parent;
    }
    if (node && walkOf.get(node) === first) enter(node);
  }
}

function enter(node: Draft): void {
  let earliest = node;
  for (let other = node.parent; other && other !== node; other = other.parent) {
    if (other.span.start < earliest.span.start) earliest = other;
  }
  earliest.place = 'cycle';
  earliest.parent = undefined;
}
