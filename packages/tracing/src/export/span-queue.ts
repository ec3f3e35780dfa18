import { ROOT_CONTEXT, TraceFlags, context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { outside, within } from '@waymark/context';
import { nothing, type ReadableSpan, type SpanProcessor } from '../provider/interfaces.ts';
import { noteLost } from '../sdk/manifest.ts';

/** Counts the sampled spans that ended in this process. Each is either waiting, delivered or lost. */
export interface Deliveries {
  /** In the queue, or sent without a response yet. */
  readonly waiting: number;
  delivered: number;
  lost: number;
  /** The lost spans by cause. */
  lostBy: {
    /** The queue was full when they ended. */
    queueFull: number;
    /** The backend rejected them; a retry would not help. */
    refused: number;
    /** The process ended before they were delivered. */
    shutdown: number;
  };
}

/** A backend's response to a batch. If it is `unavailable`, the batch is retried. */
export type Answer =
  | { readonly outcome: 'delivered'; readonly rejected: number; readonly reason: string }
  | { readonly outcome: 'refused'; readonly reason: string }
  | {
      readonly outcome: 'unavailable';
      readonly reason: string;
      readonly retryAfterMs?: number;
      /** Whether the batch itself may have caused the failure. */
      readonly suspect?: boolean;
    };

/** A trace backend, which builds and sends batches of its own type `B`. */
export interface Backend<B> {
  /** Its address, without credentials. */
  readonly name: string;
  /**
   * Adds a span to the open batch.
   * @returns how many bytes of memory it takes, or undefined if it was not added because that is more than `room`
   */
  add(span: ReadableSpan, room: number): number | undefined;
  /** Whether the span must go into a new batch. */
  parts?(span: ReadableSpan): boolean;
  /** Closes and returns the open batch. */
  take(): B;
  /** Sends a batch. Never rejects; an aborted batch is `unavailable`. */
  send(batch: B, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface QueueLimits {
  /** How many bytes the waiting spans may take (WAYMARK_BSP_MAX_QUEUE_BYTES). */
  maxQueueBytes: number;
  /** How many spans may wait (OTEL_BSP_MAX_QUEUE_SIZE). */
  maxQueueSize: number;
  /** How many spans a batch may have (OTEL_BSP_MAX_EXPORT_BATCH_SIZE). */
  maxExportBatchSize: number;
  /** How long a batch waits for more spans, in milliseconds (OTEL_BSP_SCHEDULE_DELAY). */
  scheduleDelayMs: number;
  /** Timeout for sending a batch, in milliseconds (OTEL_BSP_EXPORT_TIMEOUT). */
  exportTimeoutMs: number;
}

interface Batch<B> {
  readonly content: B;
  readonly spans: number;
  readonly bytes: number;
  readonly done: PromiseWithResolvers<void>;
  /** How often this batch failed although the backend accepted others in between. */
  failedAlone: number;
  /** How many batches had been delivered when this one last failed. */
  deliveredThen: number | undefined;
}

/** How many spans are encoded together. */
const TOGETHER = 64;
/** A batch of this size is sent even if it could take more spans, because backends limit the size of a request. */
const MAX_BATCH_BYTES = 2 << 20;
/** How many batches are sent at once, so that latency does not limit throughput. While the backend fails, it is one. */
const CONCURRENT = 4;
const BACKOFF_MS = { first: 250, most: 5_000 };
/** The longest `Retry-After` that is respected. */
const MAX_RETRY_AFTER_MS = 300_000;
/** A batch that fails this often while the backend accepts others is dropped: it must itself be the cause. */
const MAX_FAILED_ALONE = 3;

/**
 * Keeps ended spans until the backend has them. When `limits.maxQueueBytes` of spans wait, it drops new ones, so that earlier traces stay
 * complete. A batch that could not be delivered stays in the queue and is retried with backoff. Requests never wait for it.
 */
export class SpanQueue<B> implements SpanProcessor {
  /** Always up to date. */
  readonly deliveries: Deliveries;
  readonly #backend: Backend<B>;
  readonly #limits: QueueLimits;
  readonly #warn: (message: string) => void;
  /** Closed batches, in the order in which they will be sent. */
  readonly #waiting: Batch<B>[] = [];
  readonly #sending = new Map<Batch<B>, AbortController>();
  /** Spans that are not encoded yet, and when the first of them ended. */
  #unencoded: ReadableSpan[] = [];
  #unencodedSince = 0;
  /** How many spans are encoded and waiting, and how many bytes they take. */
  #spans = 0;
  #bytes = 0;
  #open = { spans: 0, bytes: 0, since: 0 };
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #notBefore = 0;
  #deliveredBatches = 0;
  #warnedOf = { full: false, failing: false, refused: false };
  #stopped: Promise<void> | undefined;
  #ended = false;

  constructor(backend: Backend<B>, limits: QueueLimits, warn: (message: string) => void) {
    this.#backend = backend;
    this.#limits = limits;
    this.#warn = warn;
    const waiting = (): number => this.#spans + this.#unencoded.length;
    this.deliveries = {
      get waiting() {
        return waiting();
      },
      delivered: 0,
      lost: 0,
      lostBy: { queueFull: 0, refused: 0, shutdown: 0 },
    };
  }

  readonly onStart = nothing;

  /**
   * Spans are encoded together, because the processor's caches forget the encoder if it runs for one span now and then (docs/adr/0012-span-export.md).
   * In a queue that may soon be full, a span is encoded at once: if it is lost, those that end later must say so.
   */
  onEnd(span: ReadableSpan): void {
    if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
    if (this.#stopped) return this.#lose(1, 'shutdown');
    if (this.#unencoded.length === 0) this.#unencodedSince = performance.now();
    this.#unencoded.push(span);
    const closed = this.#waiting.length;
    if (this.#unencoded.length >= Math.min(TOGETHER, this.#limits.maxExportBatchSize) || this.#isHalfFull()) this.#encodeAll();
    if (this.#waiting.length > closed) this.#next();
    else if (!this.#timer) this.#wakeAfter(this.#limits.scheduleDelayMs);
  }

  #isHalfFull(): boolean {
    const { maxQueueBytes, maxQueueSize } = this.#limits;
    return this.#bytes > maxQueueBytes / 2 || this.deliveries.waiting > maxQueueSize / 2;
  }

  #encodeAll(): void {
    const spans = this.#unencoded;
    this.#unencoded = [];
    for (const span of spans) this.#add(span);
  }

  #add(span: ReadableSpan): void {
    if (this.#backend.parts?.(span)) this.#close();
    const bytes = this.#encode(span);
    if (bytes === undefined) return;
    this.#spans += 1;
    this.#bytes += bytes;
    if (this.#open.spans === 0) this.#open.since = this.#unencodedSince;
    this.#open.spans += 1;
    this.#open.bytes += bytes;
    const isFull = this.#open.spans >= this.#limits.maxExportBatchSize || this.#open.bytes >= MAX_BATCH_BYTES;
    if (isFull) this.#close();
  }

  /** Sends all waiting spans. Resolves when they are delivered, or after `exportTimeoutMs`. */
  async forceFlush(): Promise<void> {
    await this.#flush(this.#limits.exportTimeoutMs);
  }

  /** Sends all waiting spans. Spans not delivered within `ms` milliseconds are lost, and so are spans that end from now on. */
  shutdown(ms = SHUTDOWN_MS): Promise<void> {
    return (this.#stopped ??= this.#stop(ms));
  }

  /** Drops the waiting spans. Returns a report of all lost spans, or undefined if there are none. */
  giveUp(): string | undefined {
    this.#ended = true;
    clearTimeout(this.#timer);
    for (const abort of this.#sending.values()) abort.abort();
    const { waiting } = this.deliveries;
    this.#spans = 0;
    this.#unencoded = [];
    if (waiting > 0) this.#lose(waiting, 'shutdown');
    const { lost, lostBy } = this.deliveries;
    if (lost === 0) return undefined;
    const causes = [
      [lostBy.queueFull, 'the queue was full'],
      [lostBy.refused, 'the backend rejected them'],
      [lostBy.shutdown, 'the process ended first'],
    ] as const;
    const reasons = causes.filter(([count]) => count > 0).map(([count, why]) => `${count} because ${why}`);
    return `Spans lost since the start: ${lost} (${reasons.join(', ')}; backend: ${this.#backend.name})`;
  }

  async #stop(ms: number): Promise<void> {
    // Retries failed batches immediately, without the rest of their backoff.
    this.#notBefore = 0;
    this.#failures = 0;
    await this.#flush(ms);
    this.giveUp();
    await this.#backend.close().catch(() => undefined);
  }

  async #flush(ms: number): Promise<void> {
    this.#close();
    const all = [...this.#waiting, ...this.#sending.keys()].map(({ done }) => done.promise);
    if (all.length === 0) return;
    this.#next();
    await within(ms, Promise.all(all));
  }

  /** Returns how many bytes it takes, or undefined if it is lost. */
  #encode(span: ReadableSpan): number | undefined {
    const room = this.#spans < this.#limits.maxQueueSize ? this.#limits.maxQueueBytes - this.#bytes : 0;
    try {
      const bytes = room > 0 ? this.#backend.add(span, room) : undefined;
      if (bytes === undefined) {
        noteLost(span);
        this.#lose(1, 'queueFull');
      }
      return bytes;
    } catch (error) {
      // For example, an attribute whose getter throws. A request must not fail because of it.
      this.#refuse(1, `the span "${span.name}" cannot be encoded: ${(error as Error).message}`);
      return undefined;
    }
  }

  #close(): void {
    this.#encodeAll();
    const { spans, bytes } = this.#open;
    if (spans === 0) return;
    const batch: Batch<B> = {
      content: this.#backend.take(),
      spans,
      bytes,
      done: Promise.withResolvers<void>(),
      failedAlone: 0,
      deliveredThen: undefined,
    };
    this.#waiting.push(batch);
    this.#open = { spans: 0, bytes: 0, since: 0 };
  }

  /** Sends the batches that are due, and sets the timer for the rest. */
  #next(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#ended) return;
    const now = performance.now();
    const wait = this.#notBefore - now;
    const concurrent = wait > 0 ? 0 : this.#failures > 0 ? 1 : CONCURRENT;
    while (this.#sending.size < concurrent) {
      if (this.#waiting.length === 0 && this.#openWait(now) <= 0) this.#close();
      const batch = this.#waiting.shift();
      if (!batch) break;
      outside(() => context.with(suppressTracing(ROOT_CONTEXT), () => void this.#send(batch)));
    }
    if (wait > 0) this.#wakeAfter(wait);
    // While all places are taken, there is nothing to wake up for: the end of a delivery continues here.
    else if (this.#sending.size < concurrent && this.#openWait(now) < Infinity) this.#wakeAfter(this.#openWait(now));
  }

  #openWait(now: number): number {
    const since = this.#open.spans > 0 ? this.#open.since : this.#unencoded.length > 0 ? this.#unencodedSince : Infinity;
    return since + this.#limits.scheduleDelayMs - now;
  }

  #wakeAfter(ms: number): void {
    this.#timer = outside(() => setTimeout(() => this.#next(), Math.ceil(ms)));
    // Waiting spans must not keep the process alive. A flush keeps it alive with its own timer.
    this.#timer.unref();
  }

  async #send(batch: Batch<B>): Promise<void> {
    const abort = new AbortController();
    this.#sending.set(batch, abort);
    const timer = setTimeout(() => abort.abort(), this.#limits.exportTimeoutMs).unref();
    const answer = await this.#backend.send(batch.content, abort.signal);
    clearTimeout(timer);
    this.#sending.delete(batch);
    if (this.#ended) return;
    this.#settle(batch, answer);
    this.#next();
  }

  #settle(batch: Batch<B>, answer: Answer): void {
    if (answer.outcome === 'unavailable' && !(answer.suspect && this.#isPoison(batch))) {
      this.#backOff(answer);
      // To the back of the queue: if this batch causes the failure, it must not block the others.
      this.#waiting.push(batch);
      return;
    }
    this.#bytes -= batch.bytes;
    this.#spans -= batch.spans;
    this.#failures = 0;
    this.#notBefore = 0;
    const rejected = answer.outcome === 'delivered' ? Math.min(answer.rejected, batch.spans) : batch.spans;
    if (rejected > 0) this.#refuse(rejected, answer.reason);
    if (answer.outcome === 'delivered') this.#noteDelivered(batch.spans - rejected);
    batch.done.resolve();
  }

  #noteDelivered(spans: number): void {
    this.#deliveredBatches += 1;
    this.deliveries.delivered += spans;
    const { failing, full } = this.#warnedOf;
    if (failing || (full && this.#bytes < this.#limits.maxQueueBytes / 2)) {
      this.#warn(`Spans are delivered again. Lost since the start: ${this.deliveries.lost}`);
      this.#warnedOf = { ...this.#warnedOf, failing: false, full: false };
    }
  }

  /** Whether this batch keeps failing while the backend accepts others. */
  #isPoison(batch: Batch<B>): boolean {
    if (batch.deliveredThen !== undefined && this.#deliveredBatches > batch.deliveredThen) batch.failedAlone += 1;
    batch.deliveredThen = this.#deliveredBatches;
    return batch.failedAlone >= MAX_FAILED_ALONE;
  }

  #backOff({ reason, retryAfterMs = 0 }: { reason: string; retryAfterMs?: number }): void {
    const now = performance.now();
    const longest = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#failures);
    // Half of the delay is random, so that the processes of a service do not all retry at the same moment.
    const backoff = Math.max(longest * (0.5 + Math.random() / 2), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
    // Batches that were sent together fail together: count them as one failure.
    if (now >= this.#notBefore) this.#failures += 1;
    this.#notBefore = Math.max(this.#notBefore, now + backoff);
    if (!this.#warnedOf.failing) {
      this.#warn(`Spans cannot be delivered to ${this.#backend.name}: ${reason}. They are kept and retried.`);
      this.#warnedOf.failing = true;
    }
  }

  #refuse(spans: number, reason: string): void {
    this.#lose(spans, 'refused');
    if (!this.#warnedOf.refused) this.#warn(`${this.#backend.name} rejects spans, so they are lost: ${reason}`);
    this.#warnedOf.refused = true;
  }

  #lose(spans: number, cause: keyof Deliveries['lostBy']): void {
    this.deliveries.lost += spans;
    this.deliveries.lostBy[cause] += spans;
    if (cause !== 'queueFull' || this.#warnedOf.full) return;
    const { maxQueueBytes, maxQueueSize } = this.#limits;
    this.#warn(
      `Spans are being lost: the queue for ${this.#backend.name} is full. Its limits are ${maxQueueBytes} bytes (WAYMARK_BSP_MAX_QUEUE_BYTES) and ${maxQueueSize} spans (OTEL_BSP_MAX_QUEUE_SIZE).`,
    );
    this.#warnedOf.full = true;
  }
}

/** The default timeout of a shutdown, in milliseconds. */
export const SHUTDOWN_MS = 4_000;
