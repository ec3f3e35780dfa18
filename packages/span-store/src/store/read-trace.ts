import { DROPPED_SPANS } from '@waymark/semantic-conventions';
import type { Attribute } from '../otlp/attributes.ts';
import type { Json } from '../otlp/decode.ts';
import { decode } from '../otlp/decode.ts';
import type { Message } from '../otlp/schema.ts';
import { ResourceSpans, ScopeSpans, Span, SpanOutline } from '../otlp/schema.ts';
import { Wire } from '../otlp/wire.ts';
import type { Chunk, StoredTrace } from './stored-trace.ts';

/** A decoded `ResourceSpans`, in the shape of OTLP/JSON. */
export interface ResourceSpansJson extends Json {
  resource: Json;
  scopeSpans: ScopeSpansJson[];
}

export interface ScopeSpansJson extends Json {
  scope: Json;
  spans: SpanJson[];
}

/** A decoded span, in the shape of OTLP/JSON; what is zero or empty is absent. */
export interface SpanJson extends Json {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name?: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: Attribute[];
  events?: Json[];
  links?: LinkJson[];
  status: { code?: number; message?: string };
}

/** A decoded link, in the shape of OTLP/JSON. */
export interface LinkJson extends Json {
  traceId?: string;
  spanId?: string;
}

/** What is needed to place a span and to count it. */
export type SpanOutlineJson = Pick<
  SpanJson,
  'spanId' | 'parentSpanId' | 'name' | 'kind' | 'startTimeUnixNano' | 'endTimeUnixNano' | 'status'
>;

/** A span with its resource and scope. Neighbours that share them have the same objects. */
export interface PlacedSpan {
  /** A `ResourceSpans` without its `scopeSpans`. */
  readonly resource: Json;
  /** A `ScopeSpans` without its `spans`. */
  readonly scope: Json;
  readonly span: SpanJson;
}

/**
 * The spans of a trace as they are decoded, one by one. The reader may pause: what comes meanwhile is left out, and a trace that is evicted
 * meanwhile is an `Error`. With `copies`, what was delivered more than once is there twice. If spans of the trace were not kept, its first
 * span says how many (`waymark.trace.dropped_spans`): otherwise the trace would look like a broken one.
 */
export function* readSpans(trace: StoredTrace, copies: boolean): Generator<PlacedSpan> {
  const { excess } = trace;
  let before: Chunk | undefined;
  let resource: Json = {};
  let scope: Json = {};
  for (const chunk of copies ? trace.chunks.flatMap((chunk) => (chunk.deliveries > 1 ? [chunk, chunk] : [chunk])) : [...trace.chunks]) {
    const sameResource = chunk.resource === before?.resource;
    if (!sameResource) resource = decode(ResourceSpans, chunk.resource.bytes);
    if (!sameResource || chunk.scope !== before?.scope) scope = decode(ScopeSpans, chunk.scope.bytes);
    let first = chunk === trace.chunks[0] && excess > 0;
    for (const span of spansOf(chunk)) {
      yield { resource, scope, span: first ? withDropped(span, excess) : span };
      first = false;
    }
    before = chunk;
  }
  if (isGone(trace)) throw new Error('the trace was evicted while it was read');
}

const withDropped = (span: SpanJson, dropped: number): SpanJson => ({
  ...span,
  attributes: [...(span.attributes ?? []), { key: DROPPED_SPANS, value: { intValue: String(dropped) } }],
});

/** A whole trace at once, as OTLP/JSON. Spans that came one after the other under the same resource or scope are put together. */
export function readTrace(trace: StoredTrace, copies: boolean): ResourceSpansJson[] {
  const all: ResourceSpansJson[] = [];
  let before: PlacedSpan | undefined;
  for (const placed of readSpans(trace, copies)) {
    if (placed.resource !== before?.resource) all.push({ ...placed.resource, scopeSpans: [] } as unknown as ResourceSpansJson);
    const scopeSpans = all.at(-1)?.scopeSpans;
    if (placed.scope !== before?.scope) scopeSpans?.push({ ...placed.scope, spans: [] } as unknown as ScopeSpansJson);
    scopeSpans?.at(-1)?.spans.push(placed.span);
    before = placed;
  }
  return all;
}

/** Whether a trace was evicted since it was looked up. */
export const isGone = (trace: StoredTrace): boolean => trace.chunks.length === 0;

/** The spans of a chunk, decoded one by one. The reader may pause: the spans end early if the trace is evicted meanwhile. */
export const spansOf = (chunk: Chunk): Iterable<SpanJson> => decoded(Span, chunk) as Iterable<SpanJson>;

/** The outlines of a chunk's spans: much less work than `spansOf`. */
export const outlinesOf = (chunk: Chunk): Iterable<SpanOutlineJson> =>
  decoded(SpanOutline, chunk) as Iterable<unknown> as Iterable<SpanOutlineJson>;

const decoded = (message: Message, chunk: Chunk): Iterable<Json> =>
  eachSpan(chunk, (wire, end) => decode(message, wire.bytes, wire.at, end));

/**
 * What `read` makes of each span of a chunk; undefined is left out. It gets the bytes of the span: from where the wire is to `end`.
 * The reader of the results may pause, as in `spansOf`.
 */
export function* eachSpan<T>(chunk: Chunk, read: (wire: Wire, end: number) => T | undefined): Generator<T> {
  const size = chunk.place.end - chunk.place.start;
  for (let done = 0; done < size && !isGone(chunk.trace);) {
    // The bytes are moved as room is made for others, and with them the place.
    const { slab, start, end } = chunk.place;
    const wire = new Wire(slab.bytes, start + done);
    wire.tag(end);
    const last = wire.lengthEnd(end);
    const result = read(wire, last);
    done = last - start;
    if (result !== undefined) yield result;
  }
}
