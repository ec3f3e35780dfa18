import { nearest } from '../text/edit-distance.ts';
import { attributeText, type Span, type SpanKind } from '@waymark/trace-model';

/** A span as a line of text: service, kind, name, HTTP status, ERROR, attributes. Undefined means anything. */
export interface SpanLine {
  readonly service: string;
  readonly kind: SpanKind | undefined;
  readonly name: string;
  readonly httpStatus: string | undefined;
  readonly status: 'ERROR' | 'OK' | 'UNSET' | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

const KINDS: ReadonlySet<string> = new Set<SpanKind>(['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']);
const STATUSES: ReadonlySet<string> = new Set(['ERROR', 'OK', 'UNSET']);
/** A word is text in quotes, an attribute whose value can be in quotes, or anything without a space. */
const WORD = /[\w.@/-]+="(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*"|\S+/g;
const ATTRIBUTE = /^([a-zA-Z_][\w.@/-]*)=(.*)$/s;
const HTTP_STATUS = /^[1-5]\d\d$/;

/**
 * Reads `order SERVER POST /orders 409 ERROR error.type=out_of_stock`. Text in double quotes is taken literally: a service, name or value with
 * spaces, or a name that ends in a number. Throws a `SyntaxError` on a line without service and name.
 */
export function parseSpanLine(line: string): SpanLine {
  const words = line.match(WORD) ?? [];
  const [service = ''] = words.splice(0, 1);
  const kind = KINDS.has(words[0] ?? '') ? (words.shift() as SpanKind) : undefined;
  // Without a prototype, an attribute can be called `__proto__`.
  const attributes = Object.create(null) as Record<string, string>;
  let httpStatus: string | undefined;
  let status: SpanLine['status'];
  for (let word = words.at(-1); word !== undefined && words.length > 1; word = words.at(-1)) {
    const [, key, value = ''] = ATTRIBUTE.exec(word) ?? [];
    if (key !== undefined) attributes[key] = unquoted(value);
    else if (STATUSES.has(word) && !status) status = word as SpanLine['status'];
    else if (HTTP_STATUS.test(word) && !httpStatus) httpStatus = word;
    else break;
    words.pop();
  }
  misspelt(words);
  if (words.length === 0)
    throw new SyntaxError(`a line needs a service and a span name, such as \`order POST /orders\`: ${JSON.stringify(line.trim())}`);
  return { service: unquoted(service), kind, name: words.map(unquoted).join(' '), httpStatus, status, attributes };
}

/** A misspelt kind or status would count as part of the name, and the whole tree would not match. */
function misspelt(words: readonly string[]): void {
  for (const [word, known] of [
    [words[0], KINDS],
    [words.at(-1), STATUSES],
  ] as const) {
    const meant = word === undefined ? undefined : nearWord(word, known);
    if (meant !== undefined)
      throw new SyntaxError(
        `${word} is neither a kind nor a status of spans. Did you mean ${meant}? If it is part of the name, put the name in quotes.`,
      );
  }
}

/** Considers only words in capitals with at least four letters: shorter ones are HTTP methods and the like. */
const nearWord = (word: string, known: ReadonlySet<string>): string | undefined =>
  /^[A-Z]{4,}$/.test(word) && !known.has(word)
    ? nearest(
        word,
        [...known].filter(({ length }) => length > 2),
      )
    : undefined;

/** A span as a line that `parseSpanLine` reads. The status UNSET and most attributes are left out. */
export function spanLine(span: Span): string {
  const httpStatus = attribute(span, 'http.response.status_code');
  const errorType = attribute(span, 'error.type');
  const problem = attribute(span, 'waymark.problem.code');
  const attempt = attribute(span, 'waymark.job.attempt');
  return printLine({
    service: span.service,
    kind: span.kind,
    name: span.name,
    httpStatus,
    status: span.status.code === 'UNSET' ? undefined : span.status.code,
    attributes: {
      ...(attempt !== undefined && { 'waymark.job.attempt': attempt }),
      ...(errorType !== undefined && errorType !== httpStatus && { 'error.type': errorType }),
      ...(problem !== undefined && problem !== errorType && { 'waymark.problem.code': problem }),
    },
  });
}

/** A line in its normal form. */
export function printLine({ service, kind, name, httpStatus, status, attributes }: SpanLine): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${/^[^\s"\p{C}]+$/u.test(value) ? value : quoted(value)}`);
  return [/^[^\s"*(#\p{C}][^\s"\p{C}]*$/u.test(service) ? service : quoted(service), kind, quotedName(name), httpStatus, status, ...pairs]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** How the span differs from the line, such as `http.response.status_code is 201, not 409`. */
export function differences(line: SpanLine, span: Span): readonly string[] {
  return [
    differs('service', line.service, span.service),
    differs('kind', line.kind, span.kind),
    differs('name', collapsed(line.name), collapsed(span.name)),
    differs('http.response.status_code', line.httpStatus, attribute(span, 'http.response.status_code')),
    differs('status', line.status, span.status.code),
    ...Object.entries(line.attributes).map(([key, value]) => differs(key, value, attribute(span, key))),
  ].filter(Boolean);
}

const differs = (what: string, expected: string | undefined, came: string | undefined): string =>
  expected === undefined || expected === came
    ? ''
    : came === undefined
      ? `${what} is missing, not ${expected}`
      : `${what} is ${came}, not ${expected}`;

const attribute = (span: Span, name: string): string | undefined =>
  Object.hasOwn(span.attributes, name) ? attributeText(span.attributes[name]) : undefined;

const collapsed = (text: string): string => text.trim().replace(/\s+/g, ' ');

function unquoted(word: string): string {
  if (!word.startsWith('"')) return word;
  try {
    return JSON.parse(word) as string;
  } catch {
    throw new SyntaxError(`${word} has no closing quote, or an unknown escape`);
  }
}

/** Invisible characters are escaped, so that a name cannot control a terminal. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(/[\p{C}\u2028\u2029]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );

/** In quotes if the line would otherwise be read differently. */
function quotedName(name: string): string {
  const words = collapsed(name).split(' ');
  const [first = '', last = ''] = [words[0], words.at(-1)];
  const ambiguous =
    name === '' ||
    nearWord(first, KINDS) !== undefined ||
    nearWord(last, STATUSES) !== undefined ||
    /["\p{C}]/u.test(name) ||
    KINDS.has(first) ||
    STATUSES.has(last) ||
    HTTP_STATUS.test(last) ||
    ATTRIBUTE.test(last);
  return ambiguous ? quoted(name) : collapsed(name);
}
