import { attributesOf } from '@waymark/span-store';
import type { Json, SpanJson } from '@waymark/span-store';
import { shortTraceId } from '../parameters.ts';
import type { V1Tag } from './v1-tags.ts';
import { stringTag, v1Tags } from './v1-tags.ts';

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const OK = 1;
const ERROR = 2;

/** A span in the JSON of Jaeger's v1 API, with times in microseconds. What v1 has no field for becomes a tag. */
export function v1Span(span: SpanJson, scope: Json, processID: string): object {
  const start = BigInt(span.startTimeUnixNano ?? 0);
  return {
    traceID: shortTraceId(span.traceId),
    spanID: span.spanId,
    operationName: span.name ?? '',
    references: references(span),
    startTime: microseconds(start),
    duration: microseconds(BigInt(span.endTimeUnixNano ?? 0) - start),
    tags: tags(span, scope),
    logs: (span.events ?? []).map(log),
    processID,
    warnings: null,
  };
}

function tags(span: SpanJson, scope: Json): V1Tag[] {
  const { code, message } = span.status;
  const all = v1Tags(attributesOf(span));
  if (scope['name']) all.push(stringTag('otel.scope.name', scope['name'] as string));
  if (scope['version']) all.push(stringTag('otel.scope.version', scope['version'] as string));
  const kind = KINDS[span.kind ?? 0];
  if (kind) all.push(stringTag('span.kind', kind));
  if (code === OK) all.push(stringTag('otel.status_code', 'OK'));
  if (code === ERROR) all.push(stringTag('otel.status_code', 'ERROR'), { key: 'error', type: 'bool', value: true });
  if (message) all.push(stringTag('otel.status_description', message));
  if (span['traceState']) all.push(stringTag('w3c.tracestate', span['traceState'] as string));
  return all;
}

const log = (event: Json): object => ({
  timestamp: microseconds(BigInt((event['timeUnixNano'] as string | undefined) ?? 0)),
  fields: [...(event['name'] ? [stringTag('event', event['name'] as string)] : []), ...v1Tags(attributesOf(event))],
});

interface Reference {
  readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: string;
  readonly spanID: string;
}

/** The parent first, then the links. A link to the parent does not become another reference, but makes the first one a `FOLLOWS_FROM`. */
function references(span: SpanJson): Reference[] {
  const links = (span.links ?? []).map(({ traceId, spanId }): Reference => ({ refType: 'FOLLOWS_FROM', ...reference(traceId, spanId) }));
  if (span.parentSpanId === undefined) return links;
  const parent = reference(span.traceId, span.parentSpanId);
  const others = links.filter(({ traceID, spanID }) => traceID !== parent.traceID || spanID !== parent.spanID);
  return [{ refType: others.length < links.length ? 'FOLLOWS_FROM' : 'CHILD_OF', ...parent }, ...others];
}

const reference = (traceId: string | undefined, spanId: string | undefined): { traceID: string; spanID: string } => ({
  traceID: shortTraceId((traceId ?? '').padStart(32, '0')),
  spanID: (spanId ?? '').padStart(16, '0'),
});

const microseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1000n);
