import type { Header } from './headers.ts';

/** Spans that came together: encoded entries of `ScopeSpans.spans`, with the resource and scope they came under. */
export interface Chunk {
  readonly resource: Header;
  readonly scope: Header;
  readonly spans: Buffer;
  readonly count: number;
}

/** One trace as it is kept, and its place among the others in the order of their last arrival. */
export interface StoredTrace {
  /** The 16 bytes of the trace id, one character each. */
  readonly key: string;
  readonly chunks: Chunk[];
  /** Estimated memory, without the headers. */
  bytes: number;
  spans: number;
  older: StoredTrace | undefined;
  newer: StoredTrace | undefined;
}

/** What a trace and a chunk cost in objects, map entry and buffer bookkeeping; measured, see `memory.test.ts`. */
export const TRACE_OVERHEAD = 350;
export const CHUNK_OVERHEAD = 450;

/** The 32 hex digits of a trace id. */
export const traceIdOf = (key: string): string => Buffer.from(key, 'latin1').toString('hex');

/** The key under which a trace with these 32 hex digits is kept. */
export const keyOf = (traceId: string): string => Buffer.from(traceId, 'hex').toString('latin1', 0, 16);
