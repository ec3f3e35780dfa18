import { attributeText, tree, type Span, type SpanNode, type Trace } from '@waymark/trace-model';
import { spanLine } from '../tree/span-line.ts';

/**
 * Writes traces into snapshots so that they are the same in every run: no ids and no times, siblings sorted by their text, placeholders for ports
 * and generated ids. For `expect.addSnapshotSerializer` of Jest and Vitest.
 */
export const traceSnapshot = {
  test: (value: unknown): boolean => isTrace(value),
  serialize: (value: unknown): string => snapshot(value as Trace),
};

function isTrace(value: unknown): value is Trace {
  return typeof value === 'object' && value !== null && 'traceId' in value && 'spans' in value && Array.isArray(value.spans);
}

function snapshot(trace: Trace): string {
  return subtrees(tree(trace).tops, trace)
    .flatMap((lines) => lines)
    .join('\n');
}

/** Starts with the deepest spans instead of recursion, because a trace can be deeper than the call stack. */
function subtrees(tops: readonly SpanNode[], trace: Trace): string[][] {
  const nodes = [...tops];
  for (const node of nodes) nodes.push(...node.children);
  const texts = new Map<SpanNode, string[]>();
  const inOrder = (siblings: readonly SpanNode[]): string[][] =>
    siblings.map((node) => texts.get(node) ?? []).sort((a, b) => compare(a.join('\n'), b.join('\n')));
  for (const node of nodes.toReversed()) {
    const below = inOrder(node.children).flatMap((lines) => lines.map((line) => `  ${line}`));
    texts.set(node, [...lines(node, trace), ...below]);
  }
  return inOrder(tops);
}

function lines({ span, place }: SpanNode, trace: Trace): string[] {
  const attributes = Object.entries(span.attributes).filter(([name]) => !SHOWN.has(name));
  return [
    `${spanLine(span)}${place === 'orphan' ? ' (orphan)' : ''}`,
    ...(span.status.message ? [`    status: ${stable(span.status.message)}`] : []),
    ...attributes.map(([name, value]) => `    ${name}: ${stableAttribute(name, attributeText(value))}`).sort(compare),
    ...span.events.map(({ name }) => `    event: ${name}`),
    ...span.links.map((link) => `    link: ${linked(link.spanId, trace.spans)}`).sort(compare),
  ];
}

/** Attributes that are already in the line of the span. */
const SHOWN = new Set(['http.response.status_code', 'error.type', 'waymark.problem.code', 'waymark.job.attempt']);

function linked(spanId: string, spans: readonly Span[]): string {
  const target = spans.find((span) => span.spanId === spanId);
  return target ? spanLine(target) : 'another trace';
}

const stableAttribute = (name: string, value: string): string => {
  if (name.endsWith('.port')) return '<port>';
  if (name === 'messaging.message.id') return '<id>';
  if (name.startsWith('thread.') || name.endsWith('.pid')) return '<number>';
  if (name === 'exception.stacktrace') return '<stack>';
  return stable(value);
};

/** Text with placeholders for the parts that differ in every run. */
const stable = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>')
    .replaceAll(/\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b/gi, '<id>')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>')
    .replaceAll(/(:\/\/[^/\s:]+):\d+/g, '$1:<port>');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
