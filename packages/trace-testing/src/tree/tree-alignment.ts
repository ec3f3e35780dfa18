import type { SpanNode } from '@waymark/trace-model';
import { largestMatching } from './largest-matching.ts';
import { differences, type SpanLine } from './span-line.ts';
import type { Siblings, SpanPattern } from './tree-pattern.ts';

/** An expected line, a received span, or a pair of them. */
export type Aligned =
  | {
      readonly kind: 'both';
      readonly line: SpanLine;
      readonly node: SpanNode;
      readonly differs: readonly string[];
      readonly below: Alignment;
    }
  | { readonly kind: 'missing'; readonly pattern: SpanPattern }
  | { readonly kind: 'extra'; readonly node: SpanNode }
  | { readonly kind: 'allowed'; readonly node: SpanNode };

/** Expected and received siblings side by side. `cost` is 0 if they match. */
export interface Alignment {
  readonly cost: number;
  readonly rows: readonly Aligned[];
}

/**
 * Aligns an expected tree with the received spans, from the top down, so that they differ in as few places as possible. It finds a match if
 * there is one. Spans that start at the same time can come in either order.
 */
export function align(expected: Siblings, nodes: readonly SpanNode[]): Alignment {
  return new Aligner().siblings(expected, nodes);
}

/** Many alignments of siblings compare the same span and pattern, so the result of each comparison is kept. */
class Aligner {
  private readonly known = new Map<SpanPattern, Map<SpanNode, Pair>>();

  siblings({ anyOrder, items }: Siblings, nodes: readonly SpanNode[]): Alignment {
    if (items.every((item) => item === '*')) return spare(nodes, items.length > 0);
    return anyOrder ? this.inAnyOrder(items, nodes) : this.inOrder(items, this.likely(items, nodes));
  }

  private pair(pattern: SpanPattern, node: SpanNode): Pair {
    const pairs = this.known.get(pattern) ?? new Map<SpanNode, Pair>();
    this.known.set(pattern, pairs);
    const known = pairs.get(node) ?? this.compared(pattern, node);
    pairs.set(node, known);
    return known;
  }

  private compared({ line, children }: SpanPattern, node: SpanNode): Pair {
    const differs = differences(line, node.span);
    const alike = [line.service === node.span.service, line.name === node.span.name].filter(Boolean).length;
    if (alike === 0) return { cost: Infinity, row: undefined };
    const below = this.siblings(children, node.children);
    const cost = below.cost + (alike === 2 ? differs.length * 0.5 : 1.5);
    return { cost: differs.length === 0 ? below.cost : cost, row: { kind: 'both', line, node, differs, below } };
  }

  /** The cheapest way to go through both lists side by side, computed from their ends. */
  private inOrder(items: readonly (SpanPattern | '*')[], nodes: readonly SpanNode[]): Alignment {
    const table = this.costs(items, nodes);
    const rows: Aligned[] = [];
    for (let i = 0, j = 0; i < items.length || j < nodes.length;) {
      const { row, down, right } = table[i]?.[j]?.step ?? END;
      if (row) rows.push(row);
      i += down;
      j += right;
    }
    return { cost: table[0]?.[0]?.cost ?? 0, rows };
  }

  private costs(items: readonly (SpanPattern | '*')[], nodes: readonly SpanNode[]): Cell[][] {
    const table: Cell[][] = Array.from({ length: items.length + 1 }, () => []);
    for (let i = items.length; i >= 0; i--) {
      for (let j = nodes.length; j >= 0; j--) {
        const [here, next] = [table[i] as Cell[], table[i + 1] ?? []];
        here[j] = this.cheapest(items[i], nodes[j], { down: next[j]?.cost, right: here[j + 1]?.cost, both: next[j + 1]?.cost });
      }
    }
    return table;
  }

  private cheapest(item: SpanPattern | '*' | undefined, node: SpanNode | undefined, after: After): Cell {
    const ways: Cell[] = [];
    const way = (cost: number, after: number | undefined, step: Step): void => {
      if (after !== undefined) ways.push({ cost: cost + after, step });
    };
    if (item === '*') way(0, after.down, { row: undefined, down: 1, right: 0 });
    if (item === '*' && node) way(0, after.right, { row: { kind: 'allowed', node }, down: 0, right: 1 });
    if (item && item !== '*') {
      const pair = node && this.pair(item, node);
      if (pair?.row) way(pair.cost, after.both, { row: pair.row, down: 1, right: 1 });
      way(1 + expectedBelow(item), after.down, { row: { kind: 'missing', pattern: item }, down: 1, right: 0 });
    }
    if (node && item !== '*') way(1 + node.children.length, after.right, { row: { kind: 'extra', node }, down: 0, right: 1 });
    return ways.reduce((best, other) => (other.cost < best.cost ? other : best), ways[0] ?? { cost: 0, step: END });
  }

  /** Pairs as many patterns as possible with a span that matches exactly, and the others with the most similar spans. */
  private inAnyOrder(items: readonly (SpanPattern | '*')[], nodes: readonly SpanNode[]): Alignment {
    const patterns = items.filter((item) => item !== '*');
    const taken = this.matched(patterns, nodes);
    const free = new Set(nodes.filter((node) => !taken.has(node)));
    const left = patterns.filter((pattern) => ![...taken.values()].includes(pattern));
    const likely = left
      .flatMap((pattern) => [...free].map((node) => ({ pattern, node, cost: this.pair(pattern, node).cost })))
      .filter(({ cost }) => cost < Infinity)
      .sort((a, b) => a.cost - b.cost);
    for (const { pattern, node } of likely) {
      if (!free.has(node) || [...taken.values()].includes(pattern)) continue;
      free.delete(node);
      taken.set(node, pattern);
    }
    return this.joined(patterns, nodes, taken, items.includes('*'));
  }

  private joined(
    patterns: readonly SpanPattern[],
    nodes: readonly SpanNode[],
    taken: ReadonlyMap<SpanNode, SpanPattern>,
    open: boolean,
  ): Alignment {
    let cost = 0;
    const rows = nodes.map((node): Aligned => {
      const pattern = taken.get(node);
      const pair = pattern && this.pair(pattern, node);
      cost += pair?.cost ?? (open ? 0 : 1 + node.children.length);
      return pair?.row ?? { kind: open ? 'allowed' : 'extra', node };
    });
    const found = new Set(taken.values());
    const missing = patterns.filter((pattern) => !found.has(pattern));
    cost += missing.reduce((sum, pattern) => sum + 1 + expectedBelow(pattern), 0);
    return { cost, rows: [...rows, ...missing.map((pattern) => ({ kind: 'missing', pattern }) as const)] };
  }

  private matched(patterns: readonly SpanPattern[], nodes: readonly SpanNode[]): Map<SpanNode, SpanPattern> {
    return largestMatching(patterns, nodes, (pattern, node) => this.pair(pattern, node).cost === 0);
  }

  /** Spans of the same start, in the order of the patterns that fit them best. */
  private likely(items: readonly (SpanPattern | '*')[], nodes: readonly SpanNode[]): readonly SpanNode[] {
    const groups = [...Map.groupBy(nodes, ({ span }) => span.start).values()];
    if (groups.length === nodes.length) return nodes;
    const patterns = items.filter((item) => item !== '*');
    // A line that an earlier span has taken is not for a later one of the same name.
    const left = new Set(patterns);
    return groups.flatMap((group) => {
      const matched = this.matched([...left], group);
      for (const pattern of matched.values()) left.delete(pattern);
      const place = (node: SpanNode): number => {
        const pattern = matched.get(node);
        return pattern ? patterns.indexOf(pattern) : patterns.length;
      };
      return group.toSorted((a, b) => place(a) - place(b));
    });
  }
}

interface Pair {
  readonly cost: number;
  readonly row: Aligned | undefined;
}

interface Step {
  readonly row: Aligned | undefined;
  readonly down: 0 | 1;
  readonly right: 0 | 1;
}

interface Cell {
  readonly cost: number;
  readonly step: Step;
}

interface After {
  readonly down: number | undefined;
  readonly right: number | undefined;
  readonly both: number | undefined;
}

const END: Step = { row: undefined, down: 1, right: 1 };

function spare(nodes: readonly SpanNode[], allowed: boolean): Alignment {
  const cost = allowed ? 0 : nodes.reduce((sum, node) => sum + 1 + node.children.length, 0);
  return { cost, rows: nodes.map((node) => ({ kind: allowed ? 'allowed' : 'extra', node })) };
}

const expectedBelow = ({ children }: SpanPattern): number =>
  children.items.reduce((sum, item) => sum + (item === '*' ? 0 : 1 + expectedBelow(item)), 0);
