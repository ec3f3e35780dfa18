import { styleText } from 'node:util';
import { tree, type SpanNode, type Trace } from '@waymark/trace-model';
import { differences, printLine, spanLine } from './span-line.ts';
import type { Aligned, Alignment } from './tree-alignment.ts';
import type { Siblings, SpanPattern } from './tree-pattern.ts';

/**
 * An alignment as text: `-` expected but missing, `+` received but not expected, `!` different, and how. If a missing span is elsewhere in the
 * trace, the line says where. With colours on a terminal.
 */
export function treeDiff(alignment: Alignment): string {
  const loose = unmatched(alignment);
  return alignment.rows.flatMap((row) => lines(row, 0, loose)).join('\n');
}

/** The spans that match no line of the expected tree. */
const unmatched = ({ rows }: Alignment): readonly SpanNode[] =>
  rows.flatMap((row) => (row.kind === 'both' ? unmatched(row.below) : row.kind === 'missing' ? [] : subtree(row.node)));

function subtree(top: SpanNode): readonly SpanNode[] {
  const nodes = [top];
  for (const node of nodes) nodes.push(...node.children);
  return nodes;
}

/** In how many places they differ. */
export const partings = ({ rows }: Alignment): number => rows.reduce((sum, row) => sum + parting(row), 0);

function parting(row: Aligned): number {
  if (row.kind === 'both') return (row.differs.length > 0 ? 1 : 0) + partings(row.below);
  return row.kind === 'allowed' ? 0 : 1;
}

function lines(row: Aligned, depth: number, loose: readonly SpanNode[]): string[] {
  switch (row.kind) {
    case 'missing':
      return missingLines(row.pattern, depth, loose).map((line) => red(`- ${line}`));
    case 'extra':
      return spanLines(row.node, depth).map((line) => green(`+ ${line}`));
    case 'allowed':
      return [dim(`  ${indent(depth)}* ${spanLine(row.node.span)}${below(row.node)}`)];
    case 'both':
      return [
        row.differs.length === 0
          ? `  ${indent(depth)}${printLine(row.line)}`
          : yellow(`! ${indent(depth)}${spanLine(row.node.span)}    ← ${row.differs.join('; ')}`),
        ...row.below.rows.flatMap((row) => lines(row, depth + 1, loose)),
      ];
  }
}

function missingLines(pattern: SpanPattern, depth: number, loose: readonly SpanNode[]): string[] {
  const [first = '', ...rest] = expectedLines({ anyOrder: false, items: [pattern] }, depth);
  const elsewhere = loose.find(({ span }) => differences(pattern.line, span).length === 0);
  if (!elsewhere) return [first, ...rest];
  const place = elsewhere.parent ? `below ${spanLine(elsewhere.parent.span)}` : 'at the top';
  return [`${first}    ← it is elsewhere: ${place}`, ...rest];
}

function expectedLines({ items }: Siblings, depth: number): string[] {
  return items.flatMap((item) =>
    item === '*' ? [`${indent(depth)}*`] : [indent(depth) + printLine(item.line), ...expectedLines(item.children, depth + 1)],
  );
}

/** The spans of a subtree, one per line. It is not recursive, because a trace can be deeper than the call stack. */
export function spanLines(top: SpanNode, depth = 0): string[] {
  const found: string[] = [];
  const stack = [{ node: top, depth }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, depth } = next;
    found.push(indent(depth) + spanLine(node.span) + (node.place === 'orphan' ? '    ← its parent is missing' : ''));
    for (const child of node.children.toReversed()) stack.push({ node: child, depth: depth + 1 });
  }
  return found;
}

const below = ({ children }: SpanNode): string => (children.length > 0 ? ' …' : '');
const indent = (depth: number): string => '  '.repeat(Math.min(depth, 60));
const red = (text: string): string => styleText('red', text);
const green = (text: string): string => styleText('green', text);
const yellow = (text: string): string => styleText('yellow', text);
const dim = (text: string): string => styleText('dim', text);

/** A trace as `matchTree` reads it: print it once, and keep the lines that matter. It has no ids and times, so it is the same in every run. */
export const treeText = (trace: Trace): string =>
  tree(trace)
    .tops.flatMap((top) => spanLines(top))
    .join('\n');
