import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { remembered } from '../bounded-cache.ts';
import { nothing, type ReadableSpan, type SpanProcessor } from '../provider/interfaces.ts';
import {
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
} from '@opentelemetry/semantic-conventions';

/**
 * instrumentation-pg's request hook. Names the span after the query's operation and target (semantic conventions for databases, "Name"), and
 * removes the literals, which may be secret, from the text of a query without parameters.
 */
export function describeQuery(span: Span, { query }: { query: { text: string; values?: unknown[] } }): void {
  const summary = summaryOf(query.text);
  span.updateName(summary);
  span.setAttribute(ATTR_DB_QUERY_SUMMARY, summary);
  if (!query.values?.length) span.setAttribute(ATTR_DB_QUERY_TEXT, textOf(query.text));
}

/** Programs send few distinct statements, each of them often. */
const REMEMBERED = 500;
const summaryOf = remembered(REMEMBERED, querySummary);
const textOf = remembered(REMEMBERED, withoutLiterals);

const PG = '@opentelemetry/instrumentation-pg';
/** instrumentation-pg reports an error's code only in this message. */
const PG_ERROR = /^PostgreSQL error of type '(.*)' occurred \(code: (\w+)\)$/s;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Adds the SQLSTATE and `error.type` to failed queries. The conventions require them, but instrumentation-pg does not set them. */
export const failedQueries: SpanProcessor = {
  onStart: nothing,
  onEnding(span) {
    if (span.instrumentationScope.name !== PG || span.status.code !== SpanStatusCode.ERROR) return;
    const code = errorCode(span);
    if (SQLSTATE.test(code)) span.setAttribute(ATTR_DB_RESPONSE_STATUS_CODE, code);
    span.setAttribute(ATTR_ERROR_TYPE, code);
  },
  onEnd: nothing,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** The error's Postgres or Node code or, without one, its class. */
function errorCode({ events }: ReadableSpan): string {
  const message = events.find(({ name }) => name === 'exception')?.attributes?.[ATTR_EXCEPTION_MESSAGE];
  const [, type = '_OTHER', code = 'UNKNOWN'] = PG_ERROR.exec(String(message)) ?? [];
  return code === 'UNKNOWN' ? type : code;
}

const OPERATION =
  /\b(select|insert|update|delete|merge|begin|commit|rollback to savepoint|rollback|savepoint|create|alter|drop|truncate|listen|notify|call|copy|set|reset|show)\b/i;
/** `a is distinct from b` is not a table. */
const TARGET = /\b(?:(?<!\bdistinct\s+)from|into|update|table|join)\s+(?:if\s+(?:not\s+)?exists\s+|only\s+)?([\w."]+)/i;
const CALLED = /\bselect\s+([\w."]+)\s*\(/i;
/** The target of these operations follows directly; the word after `from` is something else. */
const NAMED_FIRST = /^(?:call|copy|set|reset|show)\b\s*(?:(?:local|session)\s+)?(?<target>[\w."]+)?/i;

/**
 * Summarizes a query as its operation and its target, a table (`SELECT orders`) or a function (semantic conventions, `db.query.summary`).
 * Reads only the outermost statement, so that a common table expression or subquery does not become the summary.
 */
export function querySummary(text: string): string {
  const outermost = withoutParentheses(text);
  const operation = OPERATION.exec(outermost);
  if (!operation) return 'SQL';
  const name = operation[1]?.toUpperCase();
  const rest = outermost.slice(operation.index);
  const first = NAMED_FIRST.exec(rest);
  const target = first ? first.groups?.['target'] : (TARGET.exec(rest)?.[1] ?? CALLED.exec(rest)?.[1]);
  return target ? `${name} ${target.replaceAll('"', '')}` : `${name}`;
}

/** Returns the outermost statement without literals and comments. Parentheses stay, but empty. */
function withoutParentheses(text: string): string {
  let depth = 0;
  let outermost = '';
  for (const [part] of rewritten(text, ' ').matchAll(/[()]|"[^"]*"|[^()"]+|"/g)) {
    if (part === ')') depth = Math.max(0, depth - 1);
    if (depth === 0) outermost += part;
    if (part === '(') depth += 1;
  }
  return outermost;
}

/** Replaces each literal by `?` and removes comments (semantic conventions for databases, "Sanitization of `db.query.text`"). */
export function withoutLiterals(text: string): string {
  return rewritten(text, '?');
}

/** Comments, literals and quoted identifiers (Postgres manual, "Lexical Structure"). An unclosed one extends to the end. */
const NOT_CODE = new RegExp(
  [
    /(--[^\n]*|\/\*)/,
    /(?<![\w$\u0080-\uffff])[eE]'(?:[^'\\]|\\[^]|'')*(?:'|\\?$)/,
    /(?<![\w$\u0080-\uffff])(?:[bBxXnN]|[uU]&)'(?:[^']|'')*(?:'|$)/,
    /'(?:[^']|'')*(?:'|$)/,
    /(?<![\w$\u0080-\uffff])\$(?<tag>(?:[a-zA-Z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?(?:\$\k<tag>\$|$)/,
    /(?<![\w$\u0080-\uffff])(?:\d|\.\d)[\w.]*(?:(?<=[\d._][eE])[+-]\d[\w.]*)?/,
    /("(?:[^"]|"")*(?:"|$))/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** Replaces each literal by `literal` and each comment by a space. */
function rewritten(text: string, literal: string): string {
  let result = '';
  let end = 0;
  NOT_CODE.lastIndex = 0;
  for (let found = NOT_CODE.exec(text); found; found = NOT_CODE.exec(text)) {
    const [lexeme, comment, , identifier] = found;
    result += text.slice(end, found.index) + (identifier ?? (comment ? ' ' : literal));
    end = comment === '/*' ? endOfComment(text, found.index) : found.index + lexeme.length;
    NOT_CODE.lastIndex = end;
  }
  return result + text.slice(end);
}

/** Finds the end of a comment, which may contain others. */
function endOfComment(text: string, start: number): number {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}
