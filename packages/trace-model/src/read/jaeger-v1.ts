import type { Attributes } from '../attribute.ts';
import type { Resource, Span, SpanEvent, SpanLink, Trace } from '../trace.ts';
import { tracesOf } from '../trace.ts';
import { readId } from './id.ts';
import { count, field, int64, isObject, object, objects, text, wrong } from './json.ts';
import type { JsonObject } from './json.ts';
import { readTags, takeTags } from './jaeger-v1-tags.ts';
import { serviceName } from './otlp.ts';

/**
 * Reads one trace of Jaeger's v1 JSON: `{ traceID, spans, processes }`. Times have microsecond precision. Arrays and maps stay JSON text, because
 * v1 does not distinguish them from text. A `FOLLOWS_FROM` reference becomes a link.
 * @throws {TraceFormatError} if a field has the wrong type
 */
export const readJaegerV1 = (trace: unknown): readonly Trace[] => tracesOf(jaegerV1Spans(trace));

/** The spans of a trace in Jaeger's v1 JSON, in their original order. */
export function jaegerV1Spans(trace: unknown): readonly Span[] {
  if (!isObject(trace)) return wrong('a Jaeger trace', 'an object', trace);
  const processes = object(trace, 'processes') ?? {};
  const resources = new Map(Object.keys(processes).map((id) => [id, readProcess(object(processes, id) ?? {})]));
  return objects(trace, 'spans').map((span) => readSpan(span, resources.get(text(span, 'processID')) ?? nowhere));
}

function readSpan(span: JsonObject, resource: Resource): Span {
  const { kind, status, scope, traceState, attributes } = takeTags(readTags(objects(span, 'tags')), warnings(span));
  const start = int64(span, 'startTime') * 1000n;
  const traceId = longId(span, 'traceID', 16);
  const references = objects(span, 'references');
  const parent = parentReference(references.filter((one) => longId(one, 'traceID', 16) === traceId));
  return Object.freeze({
    traceId,
    spanId: longId(span, 'spanID', 8),
    parentSpanId: parent && longId(parent, 'spanID', 8),
    traceState,
    flags: count(span, 'flags'),
    name: text(span, 'operationName'),
    kind,
    service: serviceName(resource),
    start,
    end: start + int64(span, 'duration') * 1000n,
    status,
    attributes,
    events: Object.freeze(objects(span, 'logs').map(readLog)),
    links: Object.freeze(references.filter((one) => one !== parent || !isChildOf(one)).map(readReference)),
    dropped: Object.freeze({ attributes: 0, events: 0, links: 0 }),
    resource,
    scope,
  });
}

/**
 * If a span is both a child of another span and linked to it, Jaeger keeps only the last reference, a `FOLLOWS_FROM`. So without a `CHILD_OF`, the
 * first `FOLLOWS_FROM` is the parent, and it is still a link too.
 */
const parentReference = (references: readonly JsonObject[]): JsonObject | undefined => references.find(isChildOf) ?? references[0];
const isChildOf = (reference: JsonObject): boolean => field(reference, 'refType') === 'CHILD_OF';

const nowhere: Resource = Object.freeze({ attributes: Object.freeze({}), droppedAttributes: 0, schemaUrl: '' });

function readProcess(process: JsonObject): Resource {
  const name = text(process, 'serviceName');
  const attributes = Object.freeze({ ...readTags(objects(process, 'tags')), ...(name && { 'service.name': name }) });
  return Object.freeze({ attributes, droppedAttributes: 0, schemaUrl: '' });
}

function readLog(log: JsonObject): SpanEvent {
  const { event, ...attributes } = readTags(objects(log, 'fields'));
  const named = typeof event === 'string';
  return Object.freeze({
    time: int64(log, 'timestamp') * 1000n,
    name: named ? event : '',
    attributes: Object.freeze(named || event === undefined ? attributes : { ...attributes, event }),
    droppedAttributes: 0,
  });
}

const readReference = (reference: JsonObject): SpanLink =>
  Object.freeze({
    traceId: longId(reference, 'traceID', 16),
    spanId: longId(reference, 'spanID', 8),
    traceState: '',
    attributes: Object.freeze({}),
    droppedAttributes: 0,
    flags: 0,
  });

/** Older versions of Jaeger write 64-bit trace ids, and ids without leading zeros. */
function longId(parent: JsonObject, name: string, bytes: 8 | 16): string {
  const id = readId(field(parent, name), bytes, name);
  return /^[0-9a-f]+$/.test(id) ? id.padStart(bytes * 2, '0') : id;
}

/** The warnings that Jaeger adds to a span, under the name that its v3 API uses. */
function warnings(span: JsonObject): Attributes {
  const found = field(span, 'warnings');
  const texts = Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  return texts.length > 0 ? { '@jaeger@warnings': Object.freeze(texts) } : {};
}
