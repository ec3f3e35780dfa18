import { type Span } from '@opentelemetry/api';
import { ATTR_DB_QUERY_SUMMARY } from '@opentelemetry/semantic-conventions';

/** instrumentation-pg's request hook: names the span by what the query does, as the semantic conventions for databases want ("Name"). */
export function nameQuerySpan(span: Span, { query }: { query: { text: string } }): void {
  const summary = querySummary(query.text);
  span.updateName(summary);
  span.setAttribute(ATTR_DB_QUERY_SUMMARY, summary);
}

const OPERATION =
  /\b(select|insert|update|delete|merge|begin|commit|rollback to savepoint|rollback|savepoint|create|alter|drop|truncate|listen|notify)\b/i;
const TARGET = /\b(?:from|into|update|table|join)\s+(?:if\s+(?:not\s+)?exists\s+|only\s+)?([\w."]+)/i;
const CALLED = /\bselect\s+([\w."]+)\s*\(/i;

/**
 * What a query does, in few words: its operation and what it works on (`SELECT orders`), or the function it calls (semantic conventions,
 * `db.query.summary`). Reads only the outermost statement, so that a common table expression or a subquery does not stand for the whole.
 */
export function querySummary(text: string): string {
  const outermost = withoutParentheses(text);
  const operation = OPERATION.exec(outermost)?.[1]?.toUpperCase();
  if (!operation) return 'SQL';
  const rest = outermost.slice(OPERATION.exec(outermost)?.index);
  const target = TARGET.exec(rest)?.[1] ?? CALLED.exec(rest)?.[1];
  return target ? `${operation} ${target.replaceAll('"', '')}` : operation;
}

/** Text inside parentheses, quotes and comments is left out; a call keeps its empty pair. */
function withoutParentheses(text: string): string {
  let depth = 0;
  let outermost = '';
  for (const [token] of text.matchAll(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|[^()'/-]+|[/-]/g)) {
    if (token === ')') depth = Math.max(0, depth - 1);
    if (depth === 0 && !token.startsWith("'") && !token.startsWith('--') && !token.startsWith('/*')) outermost += token;
    if (token === '(') depth += 1;
  }
  return outermost;
}
