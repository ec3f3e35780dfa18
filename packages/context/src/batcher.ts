import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, trace, type Link, type SpanContext } from '@opentelemetry/api';
import { BATCH_ITEMS } from '@waymark/semantic-conventions';
import { outside } from './bind.ts';
import { span } from './span.ts';

/** The queue is full, so nothing was done. Try again later, or send less at a time. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
}

/** What was added, as `work` gets it. */
export interface BatchItem<T> {
  readonly value: T;
  /** Runs `fn` in the context in which the item was added: its spans belong to the adder's trace, and its RequestContext is the adder's. */
  run<R>(fn: () => R): R;
}

/** Collects values and works them off together. */
export interface Batcher<T> {
  /** Resolves when the batch that has the value is done, and rejects as it fails; with `QueueFullError` if too many wait. */
  add(value: T): Promise<void>;
  /** Works off what is queued, without waiting for more. Resolves when that is done, well or badly: `add` tells which. */
  flush(): Promise<void>;
  /** Refuses what is added from now on, and flushes. */
  close(): Promise<void>;
}

export interface BatcherOptions {
  /** The batch's span is `batch <name>`. */
  name: string;
  /** How many items make a batch that waits for no more. */
  maxItems: number;
  /** How long an item waits for others, in milliseconds; longer only while another batch runs. */
  maxWaitMs: number;
  /** How many items may wait. */
  maxQueued: number;
}

interface Queued<T> {
  readonly item: BatchItem<T>;
  readonly from: SpanContext | undefined;
  readonly since: number;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * A batcher whose items remember the context they were added in. Batches run one at a time, each in a span that begins a new trace and is
 * linked to the span of every item (semantic conventions: links, for what has many causes).
 */
export function batcher<T>(
  { name, maxItems, maxWaitMs, maxQueued }: BatcherOptions,
  work: (items: readonly BatchItem<T>[]) => Promise<void> | void,
): Batcher<T> {
  if (!(maxItems >= 1)) throw new RangeError(`The batcher "${name}" takes maxItems from 1, not ${maxItems}`);
  const queue: Queued<T>[] = [];
  let inHand: Queued<T>[] = [];
  let closed = false;
  let flushes = 0;
  let timer: NodeJS.Timeout | undefined;

  const waited = (): number => (queue[0] ? performance.now() - queue[0].since : 0);
  const isDue = (): boolean => queue.length > 0 && (queue.length >= maxItems || flushes > 0 || waited() >= maxWaitMs);

  const next = (): void => {
    clearTimeout(timer);
    if (inHand.length > 0 || queue.length === 0) return;
    if (isDue()) void runBatch();
    else timer = setTimeout(next, Math.max(1, maxWaitMs - waited()));
  };

  const runBatch = async (): Promise<void> => {
    inHand = queue.splice(0, maxItems);
    const items = inHand.map(({ item }) => item);
    const options = { parent: ROOT_CONTEXT, links: linksTo(inHand), attributes: { [BATCH_ITEMS]: items.length } };
    try {
      await span(`batch ${name}`, () => work(items), options);
      for (const { done } of inHand) done.resolve();
    } catch (error) {
      for (const { done } of inHand) done.reject(error);
    }
    inHand = [];
    next();
  };

  const add = async (value: T): Promise<void> => {
    if (closed) throw new Error(`The batcher "${name}" is closed: add before close()`);
    if (queue.length >= maxQueued)
      throw new QueueFullError(
        `The batcher "${name}" has ${maxQueued} items waiting, and no more may: await add() to go only as fast as it`,
      );
    const from = trace.getActiveSpan()?.spanContext();
    const done = Promise.withResolvers<void>();
    queue.push({ item: { value, run: AsyncLocalStorage.snapshot() }, from, since: performance.now(), done });
    outside(next);
    return done.promise;
  };

  const flush = async (): Promise<void> => {
    flushes += 1;
    outside(next);
    await Promise.allSettled([...inHand, ...queue].map(({ done }) => done.promise));
    flushes -= 1;
  };

  const close = async (): Promise<void> => {
    closed = true;
    await flush();
  };
  return { add, flush, close };
}

/** One link per span, though many items may come from it. */
function linksTo(items: readonly Queued<unknown>[]): Link[] {
  const spans = items.flatMap(({ from }) => from ?? []);
  return [...new Map(spans.map((one) => [one.spanId, one])).values()].map((context) => ({ context }));
}
