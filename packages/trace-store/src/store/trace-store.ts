import type { ScannedRequest, ScannedScope, SpanGroup } from '../otlp/scan-request.ts';
import { Arrivals } from './arrivals.ts';
import { Evicted } from './evicted.ts';
import type { Header } from './headers.ts';
import { Headers } from './headers.ts';
import type { Operation } from './operations.ts';
import { Operations } from './operations.ts';
import { serviceName } from './service-name.ts';
import type { StoredTrace } from './stored-trace.ts';
import { CHUNK_OVERHEAD, keyOf, TRACE_OVERHEAD } from './stored-trace.ts';

/** Parts of the memory that are set aside for what is not spans. */
const EVICTED_SHARE = 0.05;
const OPERATIONS_SHARE = 0.05;

/** What the store holds and what it has let go. Bytes are estimates of memory, not of data. */
export interface StoreStats {
  readonly traces: number;
  readonly spans: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly evictedTraces: number;
  readonly evictedSpans: number;
  /** Spans that came after their trace was evicted and were dropped. */
  readonly lateSpans: number;
}

/**
 * Keeps encoded spans by trace, in bounded memory. Over the bound, whole traces are evicted, those first that have been quiet longest. A
 * span that comes after its trace was evicted is dropped and counted: half a trace would look like a broken one.
 */
export class TraceStore {
  readonly #traces = new Map<string, StoredTrace>();
  readonly #arrivals = new Arrivals();
  readonly #resources = new Headers(serviceName);
  readonly #scopes = new Headers(() => '');
  readonly #operations: Operations;
  readonly #evicted: Evicted;
  readonly #maxBytes: number;
  readonly #counts = { spans: 0, evictedTraces: 0, evictedSpans: 0, lateSpans: 0 };
  #traceBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#evicted = new Evicted(maxBytes * EVICTED_SHARE);
    this.#operations = new Operations(maxBytes * OPERATIONS_SHARE);
  }

  /** Stores what a request carried; returns how many spans were dropped because their trace had been evicted. */
  add(request: ScannedRequest): number {
    const before = this.#counts.lateSpans;
    for (const scanned of request.scopes) this.#addScope(scanned);
    while (this.bytes > this.#maxBytes && this.#arrivals.oldest !== undefined) this.#evict(this.#arrivals.oldest);
    return this.#counts.lateSpans - before;
  }

  get bytes(): number {
    const ids = this.#maxBytes * EVICTED_SHARE;
    return this.#traceBytes + this.#resources.bytes + this.#scopes.bytes + this.#operations.bytes + ids;
  }

  /** The trace with these 32 hex digits. */
  get(traceId: string): StoredTrace | undefined {
    return this.#traces.get(keyOf(traceId));
  }

  /** Whether the trace was here and had to make room; false again once it is too long ago to be remembered. */
  wasEvicted(traceId: string): boolean {
    return this.#evicted.has(keyOf(traceId));
  }

  newestFirst(): Generator<StoredTrace> {
    return this.#arrivals.newestFirst();
  }

  services(): string[] {
    return this.#operations.services();
  }

  operations(service: string, kind?: string): Operation[] {
    return this.#operations.of(service, kind);
  }

  stats(): StoreStats {
    return { traces: this.#traces.size, bytes: Math.ceil(this.bytes), maxBytes: this.#maxBytes, ...this.#counts };
  }

  #addScope(scanned: ScannedScope): void {
    const resource = this.#resources.use(scanned.resource);
    const scope = this.#scopes.use(scanned.scope);
    for (const group of scanned.groups) {
      if (this.#evicted.has(group.trace)) this.#counts.lateSpans += group.count;
      else this.#addGroup(group, resource, scope);
    }
    this.#operations.add(resource.service, scanned.operations);
    this.#resources.release(resource);
    this.#scopes.release(scope);
  }

  #addGroup({ trace: key, spans, count }: SpanGroup, resource: Header, scope: Header): void {
    const trace = this.#touch(key);
    resource.users++;
    scope.users++;
    trace.chunks.push({ resource, scope, spans, count });
    trace.spans += count;
    trace.bytes += CHUNK_OVERHEAD + spans.length;
    this.#traceBytes += CHUNK_OVERHEAD + spans.length;
    this.#counts.spans += count;
  }

  /** The trace with this key, made if need be, as the newest. */
  #touch(key: string): StoredTrace {
    let trace = this.#traces.get(key);
    if (trace === undefined) {
      trace = { key, chunks: [], bytes: TRACE_OVERHEAD, spans: 0, older: undefined, newer: undefined };
      this.#traces.set(key, trace);
      this.#traceBytes += TRACE_OVERHEAD;
    } else this.#arrivals.remove(trace);
    this.#arrivals.append(trace);
    return trace;
  }

  #evict(trace: StoredTrace): void {
    this.#arrivals.remove(trace);
    this.#traces.delete(trace.key);
    this.#evicted.add(trace.key);
    for (const { resource, scope } of trace.chunks) {
      this.#resources.release(resource);
      this.#scopes.release(scope);
    }
    this.#traceBytes -= trace.bytes;
    this.#counts.spans -= trace.spans;
    this.#counts.evictedTraces++;
    this.#counts.evictedSpans += trace.spans;
  }
}
