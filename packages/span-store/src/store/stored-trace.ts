import type { Header } from './headers.ts';
import type { Slab, SpanBytes } from './span-log.ts';

/** Spans that came together: encoded entries of `ScopeSpans.spans`, with the resource and scope they came under. */
export interface Chunk {
  readonly trace: StoredTrace;
  readonly resource: Header;
  readonly scope: Header;
  readonly count: number;
  /** Of the bytes of its spans. */
  readonly checksum: number;
  /** How often it was delivered, the same in every byte. */
  deliveries: number;
  /** Where the spans are now; they are moved while the trace lives. */
  place: SpanBytes;
}

/** One trace as it is kept. */
export interface StoredTrace {
  /** The 16 bytes of the trace id, one character each. */
  readonly key: string;
  readonly chunks: Chunk[];
  spans: number;
  /** Spans that came when the trace had reached its bound, and were not kept. */
  excess: number;
  /** What its spans take encoded, with the resource and scope wherever these change. */
  bytes: number;
  /** Where its latest spans were written first: the place that says how long the trace has been quiet. */
  latest: Slab;
}

/** What a trace and a chunk cost in objects and map entries beside the bytes of their spans; measured, see `memory.test.ts`. */
export const TRACE_OVERHEAD = 300;
export const CHUNK_OVERHEAD = 200;

/** The 32 hex digits of a trace id. */
export const traceIdOf = (key: string): string => Buffer.from(key, 'latin1').toString('hex');

/** The key under which a trace with these 32 hex digits is kept. */
export const keyOf = (traceId: string): string => Buffer.from(traceId, 'hex').toString('latin1', 0, 16);
