import type { Attributes, AttributeValue } from './attribute.ts';
import { isArray, isBytes } from './attribute.ts';
import type { Span, SpanEvent, SpanLink } from './trace.ts';

/** Removes spans that are identical in every field to an earlier one. Also returns the ids of the removed copies. */
export function withoutCopies(spans: readonly Span[]): { readonly spans: readonly Span[]; readonly repeated: readonly string[] } {
  const byId = Map.groupBy(spans, (span) => span.spanId);
  if (byId.size === spans.length) return { spans, repeated: [] };
  const seen = new Set<string>();
  const repeated: string[] = [];
  const kept = spans.filter((span) => {
    if (byId.get(span.spanId)?.length === 1) return true;
    const before = seen.size;
    if (seen.add(contentOf(span)).size > before) return true;
    repeated.push(span.spanId);
    return false;
  });
  return { spans: kept, repeated };
}

/** The names of the fields in which two spans differ: `end`, `attribute http.route`, `resource attribute host.name`, … */
export function differences(a: Span, b: Span): readonly string[] {
  const fields = FIELDS.filter(([, text]) => text(a) !== text(b)).map(([name]) => name);
  return [
    ...fields,
    ...unlike(a.attributes, b.attributes).map((name) => `attribute ${name}`),
    ...unlike(a.resource.attributes, b.resource.attributes).map((name) => `resource attribute ${name}`),
  ];
}

function unlike(a: Attributes, b: Attributes): readonly string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => name !== REMARKS);
  return names.filter((name) => own(a, name) !== own(b, name));
}

const own = (attributes: Attributes, name: string): string => (Object.hasOwn(attributes, name) ? canonical(attributes[name]) : '');

/** An attribute that Jaeger adds when a span is read. */
const REMARKS = '@jaeger@warnings';

/** The fields of a span except its attributes, as strings that are equal if the values are equal. */
const FIELDS: readonly (readonly [name: string, text: (span: Span) => string])[] = [
  ['trace id', ({ traceId }) => traceId],
  ['parent', ({ parentSpanId = '' }) => parentSpanId],
  ['name', ({ name }) => name],
  ['kind', ({ kind }) => kind],
  ['start', ({ start }) => String(start)],
  ['end', ({ end }) => String(end)],
  ['status', ({ status }) => `${status.code} ${status.message}`],
  ['trace state', ({ traceState }) => traceState],
  ['flags', ({ flags }) => String(flags)],
  ['events', ({ events }) => events.map(event).join('\n')],
  ['links', ({ links }) => links.map(link).join('\n')],
  ['dropped counts', ({ dropped }) => [dropped.attributes, dropped.events, dropped.links].join()],
  ['scope', ({ scope: { name, version, attributes, schemaUrl } }) => canonical([name, version, attributes, schemaUrl])],
  ['schema URL', ({ resource }) => resource.schemaUrl],
];

const contentOf = (span: Span): string =>
  JSON.stringify([span.spanId, ...FIELDS.map(([, text]) => text(span)), canonical(span.attributes), canonical(span.resource.attributes)]);

const event = ({ time, name, attributes, droppedAttributes }: SpanEvent): string => canonical([time, name, attributes, droppedAttributes]);
const link = ({ traceId, spanId, traceState, attributes, droppedAttributes, flags }: SpanLink): string =>
  canonical([traceId, spanId, traceState, attributes, droppedAttributes, flags]);

/** Encodes a value so that two strings are equal exactly if the values are: with its type, and with map entries sorted by name. */
function canonical(value: AttributeValue | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined || value === null || typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value);
  if (isBytes(value)) return `<${value.join()}>`;
  if (isArray(value)) return `[${value.map(canonical).join()}]`;
  const names = Object.keys(value).filter((name) => name !== REMARKS);
  return `{${names
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join()}}`;
}
