import type { Dependency } from './dependencies.ts';
import { databaseOf } from './database.ts';
import { formatDuration } from './format-duration.ts';
import { counted, printable } from './text.ts';
import type { Span, Trace } from './trace.ts';
import { tree } from './tree.ts';
import type { SpanNode } from './tree.ts';

/** Draws a dependency graph as a Mermaid flowchart: calls solid, messages dotted, databases as cylinders, errors as text on the edge. */
export function flowchart(edges: readonly Dependency[]): string {
  const databases = new Set(edges.filter(({ kind }) => kind === 'database').map(({ to }) => to));
  const names = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
  const id = (name: string): string => `n${names.indexOf(name)}`;
  const nodes = names.map((name) => id(name) + (databases.has(name) ? `[("${escaped(name)}")]` : `["${escaped(name)}"]`));
  const arrows = edges.map(({ from, to, kind, calls, errors, latency }) => {
    const failed = errors > 0 ? `, ${counted(errors, 'error')}` : '';
    const label = `${counted(calls, kind === 'message' ? 'message' : 'call')}, p95 ${formatDuration(latency.p95)}${failed}`;
    return `${id(from)} ${kind === 'message' ? '-.->' : '-->'}|"${label}"| ${id(to)}`;
  });
  return ['flowchart LR', ...[...nodes, ...arrows].map((line) => `  ${line}`), ''].join('\n');
}

/** Draws a trace as a Mermaid sequence diagram: each call or message between services and databases, its response with the duration, failures with a cross. */
export function sequenceDiagram(trace: Trace): string {
  const ordered = moments(tree(trace).tops).sort((a, b) => Number(a.time - b.time));
  const names = [...new Set(ordered.flatMap(({ from, to }) => [from, to]))];
  const id = (name: string): string => `p${names.indexOf(name)}`;
  const participants = names.map((name) => `participant ${id(name)} as ${escaped(name)}`);
  const messages = ordered.map(({ from, to, arrow, text }) => `${id(from)}${arrow}${id(to)}: ${escaped(text)}`);
  return ['sequenceDiagram', ...[...participants, ...messages].map((line) => `  ${line}`), ''].join('\n');
}

interface Moment {
  readonly time: bigint;
  readonly from: string;
  readonly to: string;
  readonly arrow: '->>' | '-->>' | '--x' | '-)';
  readonly text: string;
}

/** In tree order: a request, the requests below it, its response. Sorting by time keeps this order for equal times, so they still nest. */
function moments(tops: readonly SpanNode[]): Moment[] {
  const found: Moment[] = [];
  const stack: (SpanNode | Moment)[] = tops.toReversed();
  for (let next = stack.pop(); next; next = stack.pop()) {
    if ('time' in next) {
      found.push(next);
      continue;
    }
    const { ask, answer } = exchange(next);
    if (ask) found.push(ask);
    if (answer) stack.push(answer);
    for (const child of next.children.toReversed()) stack.push(child);
  }
  return found;
}

function exchange({ span, parent }: SpanNode): { ask?: Moment; answer?: Moment } {
  const to = databaseOf(span) ?? span.service;
  const from = to === span.service ? parent?.span.service : span.service;
  const message = parent?.span.kind === 'PRODUCER' && span.kind === 'CONSUMER';
  if (from === undefined || (from === to && !message)) return {};
  const ask: Moment = { time: span.start, from, to, arrow: message ? '-)' : '->>', text: span.name };
  const failed = span.status.code === 'ERROR';
  const answer: Moment = { time: span.end, from: to, to: from, arrow: failed ? '--x' : '-->>', text: outcome(span) };
  return message ? { ask } : { ask, answer };
}

const outcome = ({ status, start, end }: Span): string =>
  [status.code === 'ERROR' ? 'ERROR' : '', status.message, formatDuration(end - start)].filter(Boolean).join(' ');

/** Mermaid interprets `#`, `;`, quotes and tags inside labels. They are written as Mermaid's own escapes. */
const escaped = (text: string): string =>
  printable(text.trim() || '(no name)').replace(/[^\p{L}\p{N} ./:_@()*+=?!,…·-]/gu, (character) => `#${character.codePointAt(0)};`);
