import { ROOT_CONTEXT, TraceFlags, context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { outside, within } from '@waymark/context';
import type { ReadableSpan, SpanProcessor } from '../provider/interfaces.ts';
import { noteLost } from '../sdk/manifest.ts';

/** What became of the sampled spans that ended in this process: `waiting`, `delivered` and `lost` add up to all of them. */
export interface Deliveries {
  /** In the queue, or sent and not yet answered. */
  waiting: number;
  delivered: number;
  lost: number;
  /** The lost spans by cause. */
  lostBy: {
    /** They ended while the queue was full. */
    queueFull: number;
    /** The backend does not take them, and would not if they were sent again. */
    refused: number;
    /** The process ended before they were delivered. */
    shutdown: number;
  };
}

/** What a backend answered to a batch. `unavailable` may pass, so the batch is sent again. */
export type Answer =
  | { readonly outcome: 'delivered'; readonly rejected: number; readonly reason: string }
  | { readonly outcome: 'refused'; readonly reason: string }
  | {
      readonly outcome: 'unavailable';
      readonly reason: string;
      readonly retryAfterMs?: number;
      /** Whether the batch itself may be what the backend fails at. */
      readonly suspect?: boolean;
    };

/** A trace backend, and how its batches `B` are made. */
export interface Backend<B> {
  /** Its address, without credentials. */
  readonly name: string;
  /**
   * Adds a span to the open batch.
   * @returns how many bytes of memory it takes, or undefined if that is more than `room`: then it was not added
   */
  add(span: ReadableSpan, room: number): number | undefined;
  /** Whether the span must be in another batch than those before it. */
  parts?(span: ReadableSpan): boolean;
  /** Closes the open batch. */
  take(): B;
  /** Sends a batch. Never rejects; an abort is `unavailable`. */
  send(batch: B, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface QueueLimits {
  /** How many bytes the spans that wait may take (WAYMARK_BSP_MAX_QUEUE_BYTES). */
  maxQueueBytes: number;
  /** How many spans may wait (OTEL_BSP_MAX_QUEUE_SIZE). */
  maxQueueSize: number;
  /** How many spans are sent together (OTEL_BSP_MAX_EXPORT_BATCH_SIZE). */
  maxExportBatchSize: number;
  /** How long a span waits for others, in milliseconds (OTEL_BSP_SCHEDULE_DELAY). */
  scheduleDelayMs: number;
  /** How long the backend may take for a batch, in milliseconds (OTEL_BSP_EXPORT_TIMEOUT). */
  exportTimeoutMs: number;
}

interface Batch<B> {
  readonly content: B;
  readonly spans: number;
  readonly bytes: number;
  readonly done: PromiseWithResolvers<void>;
  /** How often the backend has failed at this batch and took others meanwhile. */
  failedAlone: number;
  /** How many batches had been delivered when it last failed at this one. */
  deliveredThen: number | undefined;
}

/** A larger batch is closed before it has its number of spans: backends limit the size of a request. */
const MAX_BATCH_BYTES = 2 << 20;
/** How many batches are sent at once, so that a slow backend does not limit the rate. A failing one gets one at a time. */
const CONCURRENT = 4;
const BACKOFF_MS = { first: 250, most: 5_000 };
/** The longest wait that a backend may ask for. */
const MAX_RETRY_AFTER_MS = 300_000;
/** A batch that fails so often while the backend takes others is itself the reason. */
const MAX_FAILED_ALONE = 3;

/**
 * Keeps ended spans until the backend has them. At most `limits.maxQueueBytes` of them wait; what ends beyond that is lost: the newest
 * spans, so that the traces from before stay whole. A batch that could not be delivered stays in the queue and is sent again, with backoff.
 * No request waits for any of this.
 */
export class SpanQueue<B> implements SpanProcessor {
  /** Counted up as it happens. */
  readonly deliveries: Deliveries = { waiting: 0, delivered: 0, lost: 0, lostBy: { queueFull: 0, refused: 0, shutdown: 0 } };
  readonly #backend: Backend<B>;
  readonly #limits: QueueLimits;
  readonly #warn: (message: string) => void;
  /** Closed batches, in the order in which they are sent. */
  readonly #waiting: Batch<B>[] = [];
  readonly #sending = new Map<Batch<B>, AbortController>();
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
  }

  onStart(): void {
    // Spans are of interest as they end.
  }

  onEnd(span: ReadableSpan): void {
    if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
    if (this.#stopped) return this.#lose(1, 'shutdown');
    if (this.#backend.parts?.(span)) this.#close();
    const bytes = this.#add(span);
    if (bytes === undefined) return;
    this.#bytes += bytes;
    this.deliveries.waiting += 1;
    if (this.#open.spans === 0) this.#open.since = performance.now();
    this.#open.spans += 1;
    this.#open.bytes += bytes;
    const isFull = this.#open.spans >= this.#limits.maxExportBatchSize || this.#open.bytes >= MAX_BATCH_BYTES;
    if (isFull) {
      this.#close();
      this.#next();
    } else if (!this.#timer) {
      this.#wakeAfter(this.#limits.scheduleDelayMs);
    }
  }

  /** Sends what waits, and waits for it as long as the backend may take for a batch. */
  async forceFlush(): Promise<void> {
    await this.#flush(this.#limits.exportTimeoutMs);
  }

  /** Sends what waits. What is not delivered after `ms` milliseconds is lost, as is every span that ends from now on. */
  shutdown(ms = SHUTDOWN_MS): Promise<void> {
    return (this.#stopped ??= this.#stop(ms));
  }

  /** Gives up what still waits, and says how many spans were lost in all, if any were. */
  giveUp(): string | undefined {
    this.#ended = true;
    clearTimeout(this.#timer);
    for (const abort of this.#sending.values()) abort.abort();
    const { waiting } = this.deliveries;
    this.deliveries.waiting = 0;
    if (waiting > 0) this.#lose(waiting, 'shutdown');
    const { lost, lostBy } = this.deliveries;
    if (lost === 0) return undefined;
    const causes = [
      [lostBy.queueFull, 'the queue was full'],
      [lostBy.refused, 'the backend refused them'],
      [lostBy.shutdown, 'the process ended first'],
    ] as const;
    const reasons = causes.filter(([count]) => count > 0).map(([count, why]) => `${count} because ${why}`);
    return `Spans lost since the start: ${lost} (${reasons.join(', ')}; backend: ${this.#backend.name})`;
  }

  async #stop(ms: number): Promise<void> {
    // What failed before is tried once more at once.
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

  #add(span: ReadableSpan): number | undefined {
    const room = this.deliveries.waiting < this.#limits.maxQueueSize ? this.#limits.maxQueueBytes - this.#bytes : 0;
    try {
      const bytes = room > 0 ? this.#backend.add(span, room) : undefined;
      if (bytes === undefined) {
        noteLost(span);
        this.#lose(1, 'queueFull');
      }
      return bytes;
    } catch (error) {
      // An attribute with a getter that throws, for example. A request must not fail for it.
      this.#refuse(1, `the span "${span.name}" cannot be encoded: ${(error as Error).message}`);
      return undefined;
    }
  }

  #close(): void {
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

  /** Sends what is due, and sets the timer for the rest. */
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
    else if (this.#waiting.length === 0 && this.#open.spans > 0) this.#wakeAfter(this.#openWait(now));
  }

  #openWait(now: number): number {
    return this.#open.spans > 0 ? this.#open.since + this.#limits.scheduleDelayMs - now : Infinity;
  }

  #wakeAfter(ms: number): void {
    this.#timer = outside(() => setTimeout(() => this.#next(), Math.ceil(ms)));
    // Waiting spans do not keep a process alive. A flush does, by a timer of its own.
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
      // Behind the others: if it is what the backend fails at, it does not hold them up.
      this.#waiting.push(batch);
      return;
    }
    this.#bytes -= batch.bytes;
    this.deliveries.waiting -= batch.spans;
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
      this.#warn(`Spans are delivered again; ${this.deliveries.lost} were lost since the start`);
      this.#warnedOf = { ...this.#warnedOf, failing: false, full: false };
    }
  }

  /** Whether the backend keeps failing at this batch and takes others. */
  #isPoison(batch: Batch<B>): boolean {
    if (batch.deliveredThen !== undefined && this.#deliveredBatches > batch.deliveredThen) batch.failedAlone += 1;
    batch.deliveredThen = this.#deliveredBatches;
    return batch.failedAlone >= MAX_FAILED_ALONE;
  }

  #backOff({ reason, retryAfterMs = 0 }: { reason: string; retryAfterMs?: number }): void {
    const now = performance.now();
    const longest = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** this.#failures);
    // Half of it is random, so that the processes of a service do not return at the same moment.
    const backoff = Math.max(longest * (0.5 + Math.random() / 2), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
    // Batches that were sent together fail together, and count once.
    if (now >= this.#notBefore) this.#failures += 1;
    this.#notBefore = Math.max(this.#notBefore, now + backoff);
    if (!this.#warnedOf.failing) {
      this.#warn(`Spans cannot be delivered to ${this.#backend.name}: ${reason}. They are kept and sent again.`);
      this.#warnedOf.failing = true;
    }
  }

  #refuse(spans: number, reason: string): void {
    this.#lose(spans, 'refused');
    if (!this.#warnedOf.refused) this.#warn(`Spans are refused by ${this.#backend.name} and lost: ${reason}`);
    this.#warnedOf.refused = true;
  }

  #lose(spans: number, cause: keyof Deliveries['lostBy']): void {
    this.deliveries.lost += spans;
    this.deliveries.lostBy[cause] += spans;
    if (cause !== 'queueFull' || this.#warnedOf.full) return;
    const { maxQueueBytes, maxQueueSize } = this.#limits;
    this.#warn(
      `Spans are being lost: the queue for ${this.#backend.name} is full. It takes ${maxQueueBytes} bytes (WAYMARK_BSP_MAX_QUEUE_BYTES) and ${maxQueueSize} spans (OTEL_BSP_MAX_QUEUE_SIZE).`,
    );
    this.#warnedOf.full = true;
  }
}

/** How long a shutdown takes at most, in milliseconds, if nobody says otherwise. */
export const SHUTDOWN_MS = 4_000;
