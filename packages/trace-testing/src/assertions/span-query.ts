import { attributeText, type Attributes, type AttributeValue, type Span, type SpanKind } from '@waymark/trace-model';

/** The value that an attribute must have. A `RegExp` must match its text. */
export type ExpectedValue = string | number | bigint | boolean | RegExp | readonly (string | number | bigint | boolean)[];
export type ExpectedAttributes = Readonly<Record<string, ExpectedValue>>;

/** The criteria for a span. Those that are left out may be anything. */
export interface SpanQuery {
  readonly service?: string;
  readonly name?: string | RegExp;
  readonly kind?: SpanKind;
  readonly status?: 'UNSET' | 'OK' | 'ERROR';
  readonly attributes?: ExpectedAttributes;
  /** Events that the span must have, each by its name, or by its name and attributes. */
  readonly events?: readonly (string | { readonly name: string; readonly attributes?: ExpectedAttributes })[];
}

const NAMES = new Set(['service', 'name', 'kind', 'status', 'attributes', 'events']);

/** Throws a `TypeError` on a misspelt criterion, which every span would match. */
export function checkQuery(query: SpanQuery): void {
  const unknown = Object.keys(query).find((key) => !NAMES.has(key));
  if (unknown !== undefined) throw new TypeError(`${JSON.stringify(unknown)} is not a criterion for spans; use ${[...NAMES].join(', ')}`);
  if (Object.keys(query).length === 0) throw new TypeError(`the query is empty; use ${[...NAMES].join(', ')}`);
}

/** How a span differs from the query, such as `name is POST /orders, not POST /order`. */
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
    return [`event ${name} is missing${events.length > 0 ? `; there are ${events.map((one) => one.name).join(', ')}` : ''}`];
  const differences = named.map((one) => unlikeAttributes(one.attributes, attributes));
  const nearest = differences.reduce((best, other) => (other.length < best.length ? other : best));
  return nearest.map((difference) => `event ${name}: ${difference}`);
}

function compared(what: string, expected: ExpectedValue | undefined, came: AttributeValue | undefined): string[] {
  if (expected === undefined || (came !== undefined && equal(expected, came))) return [];
  return [came === undefined ? `${what} is missing` : `${what} is ${differing(came, expected)}`];
}

/** OTLP distinguishes int and double; 201 matches both. */
function equal(expected: ExpectedValue, came: AttributeValue): boolean {
  if (expected instanceof RegExp) return attributeText(came).search(expected) >= 0;
  if (Array.isArray(expected))
    return Array.isArray(came) && came.length === expected.length && expected.every((one, at) => equal(one, came[at] as AttributeValue));
  // oxlint-disable-next-line eqeqeq -- only `==` compares a bigint with a number by their values
  if (isNumber(expected)) return isNumber(came) && expected == came;
  return came === expected;
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

/** The text of the query, one criterion per line. */
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

/** `409, not 201`, or `201 (number), not "201"` if both look the same. */
function differing(came: AttributeValue, expected: ExpectedValue): string {
  const [text, wanted] = [attributeText(came), expectedText(expected)];
  return text === wanted ? `${typed(came, text)}, not ${typed(expected, wanted)}` : `${text}, not ${wanted}`;
}

function typed(value: AttributeValue | ExpectedValue, text: string): string {
  if (typeof value === 'string') return JSON.stringify(text);
  return `${text} (${typeof value === 'bigint' ? 'number' : Array.isArray(value) ? 'array' : typeof value})`;
}
