import { parseSpanLine, type SpanLine } from './span-line.ts';

/** Spans that are expected next to each other. */
export interface Siblings {
  /** Whether the text says `(any order)`. Otherwise siblings are expected in the order in which they start. */
  readonly anyOrder: boolean;
  /** The spans, and `*` for any further spans at that place. */
  readonly items: readonly (SpanPattern | '*')[];
}

/** An expected span and its expected children. */
export interface SpanPattern {
  readonly line: SpanLine;
  readonly children: Siblings;
}

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

const MOST_LINES = 1000;

/**
 * Reads a tree from indented text: one span per line, children deeper than their parent. `*` allows any further spans with their children.
 * `(any order)` applies to all siblings beside it. Lines that begin with `#` are comments. Throws a `SyntaxError` that names the line.
 */
export function parseTree(text: string): Siblings {
  const lines = text
    .split('\n')
    .map((line, at) => ({ indent: /^\s*/.exec(line.replaceAll('\t', '  '))?.[0].length ?? 0, text: line.trim(), number: at + 1 }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));
  const [first] = lines;
  if (!first) throw new SyntaxError('the expected tree is empty');
  if (lines.length > MOST_LINES) throw new SyntaxError(`the expected tree has more than ${MOST_LINES} lines`);
  const { siblings, rest } = parseSiblings(lines, first.indent);
  const [left] = rest;
  if (left) throw new SyntaxError(`line ${left.number} is indented less than the first: ${left.text}`);
  return siblings;
}

function parseSiblings(lines: readonly Line[], indent: number): { siblings: Siblings; rest: readonly Line[] } {
  const items: (SpanPattern | '*')[] = [];
  let anyOrder = false;
  let rest = lines;
  for (let line = rest[0]; line && line.indent >= indent; line = rest[0]) {
    if (line.indent > indent) throw new SyntaxError(`line ${line.number} has an indentation that matches no line before it: ${line.text}`);
    rest = rest.slice(1);
    if (line.text === '(any order)') anyOrder = true;
    else if (line.text === '*') items.push('*');
    else {
      const below = rest[0] && rest[0].indent > indent ? parseSiblings(rest, rest[0].indent) : { siblings: none, rest };
      rest = below.rest;
      items.push({ line: parseNumbered(line), children: below.siblings });
    }
  }
  return { siblings: { anyOrder, items }, rest };
}

function parseNumbered({ text, number }: Line): SpanLine {
  try {
    return parseSpanLine(text);
  } catch (error) {
    throw new SyntaxError(`line ${number}: ${(error as Error).message}`, { cause: error });
  }
}

const none: Siblings = { anyOrder: false, items: [] };
