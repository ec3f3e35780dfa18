import type { Header } from './headers.ts';
import type { Slab, SpanBytes } from './span-log.ts';

/** Spans that arrived together, as encoded entries of `ScopeSpans.spans`, with their resource and scope. */
export interface Chunk {
  readonly trace: StoredTrace;
  readonly resource: Header;
  readonly scope: Header;
  readonly count: number;
  /** Of the bytes of its spans. */
  readonly checksum: number;
  /** How often exactly these bytes were delivered. */
  deliveries: number;
  /** Where the spans are now. They can move while the trace grows. */
  place: SpanBytes;
}

/** A stored trace. */
export interface StoredTrace {
  /** The 16 bytes of the trace id, one character each. */
  readonly key: string;
  readonly chunks: Chunk[];
  spans: number;
  /** Spans that were dropped because the trace had reached its limit. */
  excess: number;
  /** The size of its encoded spans, with the resource and scope wherever these change. */
  bytes: number;
  /** The slab that its latest spans were first written to. It tells for how long the trace got no spans. */
  latest: Slab;
}

/** What a trace and a chunk cost in objects and map entries, in addition to the bytes of their spans. Measured: see `memory.test.ts`. */
export const TRACE_OVERHEAD = 300;
export const CHUNK_OVERHEAD = 200;

/** The 32 hex digits of a trace id. */
export const traceIdOf = (key: string): string => Buffer.from(key, 'latin1').toString('hex');

/** The key of a trace with these 32 hex digits. */
export const keyOf = (traceId: string): string => Buffer.from(traceId, 'hex').toString('latin1', 0, 16);
