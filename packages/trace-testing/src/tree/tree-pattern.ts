import { parseSpanLine, type SpanLine } from './span-line.ts';

/** Spans that are expected next to each other. */
export interface Siblings {
  /** Expected in any order, where the text says `(any order)`; otherwise in the order in which they start. */
  readonly anyOrder: boolean;
  /** The spans, and `*` for any further ones at that place. */
  readonly items: readonly (SpanPattern | '*')[];
}

/** A span and all that is expected below it. */
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
 * Reads a tree as indented text, a span a line, children deeper than their parent. `*` stands for any further spans, with whatever is below
 * them; `(any order)` among siblings for all of them; lines that begin with `#` are for readers. Throws a `SyntaxError` that names the line.
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
    if (line.indent > indent) throw new SyntaxError(`line ${line.number} is indented like none before it: ${line.text}`);
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
