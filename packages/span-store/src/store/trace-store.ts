import type { Ranges } from '../otlp/ranges.ts';
import type { ScannedRequest, ScannedScope } from '../otlp/scan-request.ts';
import { Evicted } from './evicted.ts';
import type { Header } from './headers.ts';
import { Headers } from './headers.ts';
import type { Operation } from './operations.ts';
import { Operations } from './operations.ts';
import { isGone } from './read-trace.ts';
import { serviceName } from './service-name.ts';
import type { Slab, SpanBytes } from './span-log.ts';
import { spanBytes, SpanLog } from './span-log.ts';
import type { Chunk, StoredTrace } from './stored-trace.ts';
import { CHUNK_OVERHEAD, keyOf, TRACE_OVERHEAD } from './stored-trace.ts';

/** The largest shares of the memory for what is not spans. */
const EVICTED_SHARE = 0.05;
const OPERATIONS_SHARE = 0.05;
/** The largest share of the memory for one trace. */
const TRACE_SHARE = 0.25;

/** What the store holds, and what it evicted or dropped. Bytes are estimates of memory, not of data. */
export interface StoreStats {
  readonly traces: number;
  readonly spans: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly evictedTraces: number;
  readonly evictedSpans: number;
  /** Spans that arrived after their trace was evicted. They were dropped. */
  readonly lateSpans: number;
  /** Spans that were delivered again. */
  readonly repeatedSpans: number;
  /** Spans that were dropped because their trace had reached its limit. */
  readonly excessSpans: number;
}

/** A new chunk is compared with this many of a trace's latest chunks, because exporters retry soon. */
const COMPARED = 256;

/**
 * Keeps encoded spans by trace, in bounded memory. When it is full, it evicts the trace that got no spans for longest, as a whole. Spans that arrive
 * after their trace was evicted are dropped and counted, because half a trace would look like a broken one. Spans that an exporter delivers again are
 * kept once. Spans beyond the limit of their trace are dropped and counted.
 */
export class TraceStore {
  /** In milliseconds since 1970. */
  readonly started = Date.now();
  readonly #traces = new Map<string, StoredTrace>();
  readonly #log = new SpanLog();
  readonly #resources = new Headers(serviceName);
  readonly #scopes = new Headers(() => '');
  readonly #operations: Operations;
  readonly #evicted: Evicted;
  readonly #maxBytes: number;
  readonly #maxSpansPerTrace: number;
  #evictedUntil: number | undefined;
  readonly #counts = { spans: 0, evictedTraces: 0, evictedSpans: 0, lateSpans: 0, repeatedSpans: 0, excessSpans: 0 };
  #chunks = 0;

  constructor(maxBytes: number, maxSpansPerTrace: number) {
    this.#maxBytes = maxBytes;
    this.#maxSpansPerTrace = maxSpansPerTrace;
    this.#evicted = new Evicted(maxBytes * EVICTED_SHARE);
    this.#operations = new Operations(maxBytes * OPERATIONS_SHARE);
  }

  /** Stores the spans of a request. Returns how many were dropped, by reason. */
  add(request: ScannedRequest): Map<string, number> {
    const { lateSpans, excessSpans } = this.#counts;
    for (const scanned of request.scopes) this.#addScope(scanned, request.body);
    while (this.bytes > this.#maxBytes && this.#reclaim());
    const dropped: [string, number][] = [
      ['of a trace that was already evicted', this.#counts.lateSpans - lateSpans],
      [
        `of a trace that has ${this.#maxSpansPerTrace} spans or ${this.#maxTraceBytes} bytes already`,
        this.#counts.excessSpans - excessSpans,
      ],
    ];
    return new Map(dropped.filter(([, count]) => count > 0));
  }

  get #maxTraceBytes(): number {
    return this.#maxBytes * TRACE_SHARE;
  }

  get bytes(): number {
    const objects = this.#traces.size * TRACE_OVERHEAD + this.#chunks * CHUNK_OVERHEAD;
    return this.#log.bytes + objects + this.#resources.bytes + this.#scopes.bytes + this.#operations.bytes + this.#evicted.bytes;
  }

  /** The trace with these 32 hex digits. */
  get(traceId: string): StoredTrace | undefined {
    return this.#traces.get(keyOf(traceId));
  }

  /** Whether the trace was evicted. False if that is too long ago to be remembered. */
  wasEvicted(traceId: string): boolean {
    return this.#evicted.has(keyOf(traceId));
  }

  /** All traces. The one whose first span arrived last comes first. */
  newestFirst(): StoredTrace[] {
    return [...this.#traces.values()].toReversed();
  }

  /** The traces that were evicted got no spans after this time, in milliseconds since 1970. Undefined if none was evicted. */
  get evictedUntil(): number | undefined {
    return this.#evictedUntil;
  }

  /** The chunks that arrived after a time, in milliseconds since 1970, and some that arrived before. */
  arrivedSince(time: number): Chunk[] {
    const slabs = this.#log.slabs.filter(({ latest }) => latest >= time);
    return slabs.flatMap((slab) => slab.chunks.filter((chunk) => chunk.place.slab === slab && !isGone(chunk.trace)));
  }

  services(): string[] {
    return this.#operations.services();
  }

  operations(service: string, kind?: string): Operation[] {
    return this.#operations.of(service, kind);
  }

  stats(): StoreStats {
    return { traces: this.#traces.size, bytes: this.bytes, maxBytes: this.#maxBytes, ...this.#counts };
  }

  #addScope(scanned: ScannedScope, body: Buffer): void {
    const resource = this.#resources.use(scanned.resource);
    const scope = this.#scopes.use(scanned.scope);
    for (const [key, ranges] of scanned.traces) {
      if (this.#evicted.has(key)) this.#counts.lateSpans += ranges.count;
      else this.#addChunk(key, ranges, body, resource, scope);
    }
    this.#operations.add(resource.service, scanned.operations);
    this.#resources.release(resource);
    this.#scopes.release(scope);
  }

  #addChunk(key: string, ranges: Ranges, body: Buffer, resource: Header, scope: Header): void {
    const checksum = ranges.checksum(body);
    const found = this.#traces.get(key);
    const there = found?.chunks
      .slice(-COMPARED)
      .find(
        (chunk) =>
          chunk.checksum === checksum &&
          chunk.resource === resource &&
          chunk.scope === scope &&
          ranges.equals(body, spanBytes(chunk.place)),
      );
    if (there !== undefined) {
      there.deliveries++;
      this.#counts.repeatedSpans += ranges.count;
      return;
    }
    const before = found?.chunks.at(-1);
    const around = before?.resource === resource && before.scope === scope ? 0 : resource.bytes.length + scope.bytes.length;
    const bytes = ranges.bytes + around;
    if ((found?.spans ?? 0) + ranges.count > this.#maxSpansPerTrace || (found?.bytes ?? 0) + bytes > this.#maxTraceBytes) {
      this.#counts.excessSpans += ranges.count;
      if (found !== undefined) found.excess += ranges.count;
      return;
    }
    const place = this.#log.reserve(ranges.bytes);
    ranges.copy(body, place.slab.bytes, place.start);
    const trace = this.#touch(key, place);
    const chunk = { trace, resource, scope, count: ranges.count, checksum, deliveries: 1, place };
    resource.users++;
    scope.users++;
    trace.chunks.push(chunk);
    place.slab.chunks.push(chunk);
    trace.spans += ranges.count;
    trace.bytes += bytes;
    this.#counts.spans += ranges.count;
    this.#chunks++;
  }

  /** The trace with this key, new if it does not exist, marked as the latest. */
  #touch(key: string, { slab }: SpanBytes): StoredTrace {
    let trace = this.#traces.get(key);
    if (trace === undefined) this.#traces.set(key, (trace = { key, chunks: [], spans: 0, excess: 0, bytes: 0, latest: slab }));
    trace.latest = slab;
    return trace;
  }

  /**
   * Frees the oldest slab. Traces whose latest spans are in it are evicted. Its spans of traces that are still growing move to the end of the log.
   * Returns false if there is no slab.
   */
  #reclaim(): boolean {
    const slab = this.#log.takeOldest();
    if (slab === undefined) return false;
    for (const { trace } of slab.chunks) if (trace.latest === slab && this.#traces.get(trace.key) === trace) this.#evict(trace);
    this.#evictedUntil = slab.latest;
    this.#rescue(slab);
    this.#log.recycle(slab);
    return true;
  }

  #rescue(slab: Slab): void {
    for (const chunk of slab.chunks) {
      if (this.#traces.get(chunk.trace.key) !== chunk.trace) continue;
      const { start, end } = chunk.place;
      chunk.place = this.#log.reserve(end - start);
      slab.bytes.copy(chunk.place.slab.bytes, chunk.place.start, start, end);
      chunk.place.slab.chunks.push(chunk);
    }
  }

  #evict(trace: StoredTrace): void {
    this.#traces.delete(trace.key);
    this.#evicted.add(trace.key);
    for (const { resource, scope } of trace.chunks) {
      this.#resources.release(resource);
      this.#scopes.release(scope);
    }
    this.#chunks -= trace.chunks.length;
    // A search in progress may still hold the trace, and its bytes will be overwritten.
    trace.chunks.length = 0;
    this.#counts.spans -= trace.spans;
    this.#counts.evictedTraces++;
    this.#counts.evictedSpans += trace.spans;
  }
}
