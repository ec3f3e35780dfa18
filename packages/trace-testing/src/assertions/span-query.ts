import { attributeText, type Attributes, type AttributeValue, type Span, type SpanKind } from '@waymark/trace-model';

/** A value that an attribute must have; a `RegExp` must match its text. */
export type ExpectedValue = string | number | bigint | boolean | RegExp | readonly (string | number | bigint | boolean)[];
export type ExpectedAttributes = Readonly<Record<string, ExpectedValue>>;

/** What a span must be like. What is left out may be anything. */
export interface SpanQuery {
  readonly service?: string;
  readonly name?: string | RegExp;
  readonly kind?: SpanKind;
  readonly status?: 'UNSET' | 'OK' | 'ERROR';
  readonly attributes?: ExpectedAttributes;
  /** Events that it must have, each by its name, or by name and attributes. */
  readonly events?: readonly (string | { readonly name: string; readonly attributes?: ExpectedAttributes })[];
}

const NAMES = new Set(['service', 'name', 'kind', 'status', 'attributes', 'events']);

/** Throws a `TypeError` on a misspelt criterion, which would be true of every span. */
export function checkQuery(query: SpanQuery): void {
  const unknown = Object.keys(query).find((key) => !NAMES.has(key));
  if (unknown !== undefined)
    throw new TypeError(`${JSON.stringify(unknown)} is nothing to look for a span by; there are ${[...NAMES].join(', ')}`);
  if (Object.keys(query).length === 0) throw new TypeError(`say what the span is like: by ${[...NAMES].join(', ')}`);
}

/** What of a span is not as the query says, such as `name is POST /orders, not POST /order`. */
export function unlike(span: Span, { service, name, kind, status, attributes = {}, events = [] }: SpanQuery): readonly string[] {
  return [
    ...compared('service', service, span.service),
    ...compared('name', name, span.name),
    ...compared('kind', kind, span.kind),
    ...compared('status', status, span.status.code),
    ...unlikeAttributes(span.attributes, attributes),
    ...events.flatMap((event) => unlikeEvent(span, event)),
  ];
}

function unlikeAttributes(attributes: Attributes, expected: ExpectedAttributes): string[] {
  return Object.entries(expected).flatMap(([key, value]) =>
    compared(key, value, Object.hasOwn(attributes, key) ? attributes[key] : undefined),
  );
}

function unlikeEvent({ events }: Span, event: NonNullable<SpanQuery['events']>[number]): string[] {
  const { name, attributes = {} } = typeof event === 'string' ? { name: event } : event;
  const named = events.filter((one) => one.name === name);
  if (named.length === 0)
    return [`event ${name} is not there${events.length > 0 ? `, only ${events.map((one) => one.name).join(', ')}` : ''}`];
  const differences = named.map((one) => unlikeAttributes(one.attributes, attributes));
  const nearest = differences.reduce((best, other) => (other.length < best.length ? other : best));
  return nearest.map((difference) => `event ${name}: ${difference}`);
}

function compared(what: string, expected: ExpectedValue | undefined, came: AttributeValue | undefined): string[] {
  if (expected === undefined || (came !== undefined && equal(expected, came))) return [];
  return [came === undefined ? `${what} is not there` : `${what} is ${differing(came, expected)}`];
}

/** OTLP tells int from double; 201 means either. */
function equal(expected: ExpectedValue, came: AttributeValue): boolean {
  if (expected instanceof RegExp) return attributeText(came).search(expected) >= 0;
  if (Array.isArray(expected))
    return Array.isArray(came) && came.length === expected.length && expected.every((one, at) => equal(one, came[at] as AttributeValue));
  // oxlint-disable-next-line eqeqeq -- only `==` compares a bigint with a number by their values
  if (isNumber(expected)) return isNumber(came) && expected == came;
  return came === expected;
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

/** The text of the query, a criterion a line. */
export function queryText({ attributes = {}, events = [], ...query }: SpanQuery): string {
  const rows: [string, string][] = [
    ...Object.entries(query).map(([key, value]): [string, string] => [key, typeof value === 'string' ? value : String(value)]),
    ...Object.entries(attributes).map(([key, value]): [string, string] => [key, expectedText(value)]),
    ...events.map((event): [string, string] => ['event', typeof event === 'string' ? event : eventText(event)]),
  ];
  const width = Math.max(...rows.map(([key]) => key.length));
  return rows.map(([key, value]) => `  ${key.padEnd(width)}  ${value}`).join('\n');
}

const eventText = ({ name, attributes = {} }: { readonly name: string; readonly attributes?: ExpectedAttributes }): string =>
  [name, ...Object.entries(attributes).map(([key, value]) => `${key}=${expectedText(value)}`)].join(' ');

const expectedText = (value: ExpectedValue): string => (Array.isArray(value) ? `[${value.map(String).join(',')}]` : String(value));

/** `409, not 201`; or `201 (number), not "201"` where the two look alike. */
function differing(came: AttributeValue, expected: ExpectedValue): string {
  const [text, wanted] = [attributeText(came), expectedText(expected)];
  return text === wanted ? `${typed(came, text)}, not ${typed(expected, wanted)}` : `${text}, not ${wanted}`;
}

function typed(value: AttributeValue | ExpectedValue, text: string): string {
  if (typeof value === 'string') return JSON.stringify(text);
  return `${text} (${typeof value === 'bigint' ? 'number' : Array.isArray(value) ? 'array' : typeof value})`;
}
