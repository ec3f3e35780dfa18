import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { isSpanContextValid, type Span } from '@opentelemetry/api';
import { Piscina } from 'piscina';
import { PEER_UNKNOWN } from '@waymark/semantic-conventions';
import { QueueFullError } from './batcher.ts';
import { pack } from './carrier.ts';
import { notePeer } from './peer.ts';
import type { PoolThread, TaskAnswer, TaskMessage } from './pool-task.ts';
import { span } from './span.ts';
import { within } from './within.ts';

export { traceThreads, tracedTask, type ThreadTracing } from './pool-task.ts';

/** Worker threads that run one kind of task. */
export interface TracedPool<I, O> {
  /**
   * Runs the task in a thread, in a span of its own. The input and the result are copied as `structuredClone` does.
   * A `signal` ends the thread that runs the task, and with it the spans of the last half second that it has not delivered.
   * Rejects with `QueueFullError`, with what the task threw (its name, message, stack and code), or because the thread died.
   */
  run(input: I, options?: { signal?: AbortSignal }): Promise<O>;
  /** Waits for the tasks in hand, at most 30 s, delivers the threads' spans, and ends the threads. */
  close(): Promise<void>;
}

const CLOSE_MS = 30_000;
/** How long the threads may take to deliver their spans: longer than an exporter tries. */
const DELIVER_MS = 15_000;

/**
 * A pool of worker threads whose tasks are in their callers' traces.
 * @param filename the file whose default export is a `tracedTask`; its name is in the span's
 * @param options `maxThreads`: as many as there are processors by default; `maxQueue`: how many tasks may wait, 1,000 by default
 */
export function tracedPool<I, O>(
  filename: string | URL,
  { maxThreads = availableParallelism(), maxQueue = 1_000 }: { maxThreads?: number; maxQueue?: number } = {},
): TracedPool<I, O> {
  const file = filename instanceof URL || filename.startsWith('file:') ? fileURLToPath(filename) : filename;
  const { name } = parse(file);
  const channel = randomUUID();
  const pool = threads(file, maxThreads, channel);
  const used = new Set<number>();
  const inHand = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  const answerTo = async (message: TaskMessage<I>, signal: AbortSignal | undefined): Promise<TaskAnswer<O>> => {
    const answer = pool.run(message, { ...(signal && { signal }) }) as Promise<TaskAnswer<O>>;
    inHand.add(answer);
    try {
      const { thread } = await answer;
      used.add(thread);
      return await answer;
    } finally {
      inHand.delete(answer);
    }
  };

  const runIn = async (self: Span, input: I, signal: AbortSignal | undefined): Promise<O> => {
    if (closing) throw new Error(`The pool of ${name} is closed: run before close()`);
    // Piscina's own bound does not count tasks that have a signal.
    if (inHand.size >= maxThreads + maxQueue)
      throw new QueueFullError(`The pool of ${name} has ${maxQueue} tasks waiting, and no more may: send fewer at a time, or answer 503`);
    const message = { carrier: pack(), input, traced: isSpanContextValid(self.spanContext()) };
    const answer = await answerTo(message, signal).catch((error: unknown) => {
      if ((error as Error | null)?.name !== 'DataCloneError') self.setAttribute(PEER_UNKNOWN, true);
      throw error;
    });
    if (answer.peer) notePeer(self, answer.peer);
    if (answer.error) throw revived(answer.error);
    return answer.value as O;
  };

  const close = async (): Promise<void> => {
    await within(CLOSE_MS, Promise.allSettled(inHand));
    await deliver(pool, used, channel);
    await pool.destroy();
  };
  return {
    run: async (input, { signal } = {}) => span(`run ${name}`, async (self) => runIn(self, input, signal)),
    close: async () => (closing ??= close()),
  };
}

function threads(filename: string, count: number, channel: string): Piscina {
  const workerData: PoolThread = { waymarkPool: channel };
  // A thread that waits for work in Atomics.wait, as Piscina's do by default, delivers no spans while it waits.
  const pool = new Piscina({ filename, minThreads: count, maxThreads: count, atomics: 'disabled', workerData });
  // A file that cannot be loaded: its tasks would wait for ever.
  pool.on('error', () => {
    if (pool.threads.length === 0) void pool.destroy();
  });
  return pool;
}

/** Piscina ends threads without a word, so each that has worked is told to deliver its spans, and answers when it has. */
async function deliver(pool: Piscina, used: ReadonlySet<number>, name: string): Promise<void> {
  const waiting = new Set(pool.threads.map(({ threadId }) => threadId).filter((id) => used.has(id)));
  if (waiting.size === 0) return;
  const channel = new BroadcastChannel(name);
  const all = Promise.withResolvers<void>();
  const told = (id: number): void => {
    if (waiting.delete(id) && waiting.size === 0) all.resolve();
  };
  for (const thread of pool.threads) thread.once('exit', told.bind(undefined, thread.threadId));
  channel.onmessage = ({ data }: { data: unknown }) => told(Number(data));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel takes none
  channel.postMessage('end');
  await within(DELIVER_MS, all.promise);
  channel.close();
}

function revived({ name, message, stack, code }: NonNullable<TaskAnswer<never>['error']>): Error {
  return Object.assign(new Error(message), { name, stack, ...(code !== undefined && { code }) });
}
