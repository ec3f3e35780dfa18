import type { Resource, Scope, Span, SpanEvent, SpanKind, SpanLink, Status, Trace } from '../trace.ts';
import { tracesOf } from '../trace.ts';
import { attributeText } from '../attribute.ts';
import { readId, readParentId } from './id.ts';
import { count, field, int64, isObject, object, objects, text, wrong } from './json.ts';
import type { JsonObject } from './json.ts';
import { readAttributes } from './otlp-attributes.ts';

/**
 * Reads an OTLP `ExportTraceServiceRequest` or `TracesData`, decoded from JSON or protobuf: ids as hex, base64 or bytes, names in camelCase
 * or snake_case, enums as numbers or names (opentelemetry-proto 1.x).
 * @throws {TraceFormatError} if a field has the wrong type
 */
export const readOtlp = (request: unknown): readonly Trace[] => tracesOf(otlpSpans(request));

/** The spans of an OTLP request, in their original order. */
export function otlpSpans(request: unknown): readonly Span[] {
  if (!isObject(request)) return wrong('an OTLP request', 'an object', request);
  return objects(request, 'resourceSpans').flatMap(readResourceSpans);
}

function readResourceSpans(group: JsonObject): Span[] {
  const resource = readResource(object(group, 'resource') ?? {}, text(group, 'schemaUrl'));
  return objects(group, 'scopeSpans').flatMap((inner) => {
    const scope = readScope(object(inner, 'scope') ?? {}, text(inner, 'schemaUrl'));
    return objects(inner, 'spans').map((span) => readSpan(span, resource, scope));
  });
}

function readSpan(span: JsonObject, resource: Resource, scope: Scope): Span {
  return Object.freeze({
    traceId: readId(field(span, 'traceId'), 16, 'traceId'),
    spanId: readId(field(span, 'spanId'), 8, 'spanId'),
    parentSpanId: readParentId(field(span, 'parentSpanId'), 'parentSpanId'),
    traceState: text(span, 'traceState'),
    flags: count(span, 'flags'),
    name: text(span, 'name'),
    kind: readEnum(span, 'kind', KINDS, 'SPAN_KIND_'),
    service: serviceName(resource),
    start: int64(span, 'startTimeUnixNano'),
    end: int64(span, 'endTimeUnixNano'),
    status: readStatus(object(span, 'status') ?? {}),
    attributes: readAttributes(span),
    events: Object.freeze(objects(span, 'events').map(readEvent)),
    links: Object.freeze(objects(span, 'links').map(readLink)),
    dropped: Object.freeze({
      attributes: count(span, 'droppedAttributesCount'),
      events: count(span, 'droppedEventsCount'),
      links: count(span, 'droppedLinksCount'),
    }),
    resource,
    scope,
  });
}

/** The service name of a resource, or `unknown_service`, as in the resource specification. */
export const serviceName = ({ attributes }: Pick<Resource, 'attributes'>): string =>
  attributeText(attributes['service.name'] ?? '') || 'unknown_service';

const readResource = (resource: JsonObject, schemaUrl: string): Resource =>
  Object.freeze({ attributes: readAttributes(resource), droppedAttributes: count(resource, 'droppedAttributesCount'), schemaUrl });

const readScope = (scope: JsonObject, schemaUrl: string): Scope =>
  Object.freeze({
    name: text(scope, 'name'),
    version: text(scope, 'version'),
    attributes: readAttributes(scope),
    droppedAttributes: count(scope, 'droppedAttributesCount'),
    schemaUrl,
  });

const readEvent = (event: JsonObject): SpanEvent =>
  Object.freeze({
    time: int64(event, 'timeUnixNano'),
    name: text(event, 'name'),
    attributes: readAttributes(event),
    droppedAttributes: count(event, 'droppedAttributesCount'),
  });

const readLink = (link: JsonObject): SpanLink =>
  Object.freeze({
    traceId: readId(field(link, 'traceId'), 16, 'traceId'),
    spanId: readId(field(link, 'spanId'), 8, 'spanId'),
    traceState: text(link, 'traceState'),
    attributes: readAttributes(link),
    droppedAttributes: count(link, 'droppedAttributesCount'),
    flags: count(link, 'flags'),
  });

const readStatus = (status: JsonObject): Status =>
  Object.freeze({ code: readEnum(status, 'code', CODES, 'STATUS_CODE_'), message: text(status, 'message') });

const KINDS: readonly SpanKind[] = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const CODES: readonly Status['code'][] = ['UNSET', 'OK', 'ERROR'];

/** Reads an enum from its protobuf number or its JSON name, which starts with the name of the enum. */
function readEnum<Name extends string>(parent: JsonObject, name: string, names: readonly Name[], prefix: string): Name {
  const value = field(parent, name) ?? 0;
  const found = typeof value === 'number' ? names[value] : names.find((known) => value === prefix + known);
  return found ?? wrong(name, `one of ${names.join(', ')}`, value);
}
