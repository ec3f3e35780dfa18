import type { Attribute } from '../otlp/attributes.ts';
import type { Json } from '../otlp/decode.ts';
import { decode } from '../otlp/decode.ts';
import type { Message } from '../otlp/schema.ts';
import { ResourceSpans, ScopeSpans, ScopeSpansOutline } from '../otlp/schema.ts';
import { spanBytes } from './span-log.ts';
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

/**
 * Decodes a whole trace, as OTLP/JSON. Spans that came one after the other under the same resource or scope are put together. With `copies`,
 * what was delivered more than once is there twice.
 */
export function readTrace(trace: StoredTrace, copies: boolean): ResourceSpansJson[] {
  const all: ResourceSpansJson[] = [];
  let before: Chunk | undefined;
  const chunks = copies ? trace.chunks.flatMap((chunk) => (chunk.deliveries > 1 ? [chunk, chunk] : [chunk])) : trace.chunks;
  for (const chunk of chunks) {
    if (chunk.resource !== before?.resource)
      all.push({ ...decode(ResourceSpans, chunk.resource.bytes), scopeSpans: [] } as unknown as ResourceSpansJson);
    const { scopeSpans } = all.at(-1) as ResourceSpansJson;
    if (chunk.resource !== before?.resource || chunk.scope !== before.scope) {
      scopeSpans.push({ ...decode(ScopeSpans, chunk.scope.bytes), spans: [] } as unknown as ScopeSpansJson);
    }
    // One by one: a chunk may have more spans than a call may have arguments.
    for (const span of spansOf(chunk)) scopeSpans.at(-1)?.spans.push(span);
    before = chunk;
  }
  return all;
}

/** The spans of a chunk, decoded. */
export const spansOf = (chunk: Chunk): SpanJson[] => decodeSpans(ScopeSpans, chunk) as SpanJson[];

/** The outlines of a chunk's spans: much less work than `spansOf`. */
export const outlinesOf = (chunk: Chunk): SpanOutlineJson[] => decodeSpans(ScopeSpansOutline, chunk) as SpanOutlineJson[];

const decodeSpans = (message: Message, chunk: Chunk): unknown => decode(message, spanBytes(chunk.place))['spans'];
