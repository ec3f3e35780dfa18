import { BroadcastChannel, isMainThread, threadId, workerData } from 'node:worker_threads';
import { isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';
import { unpack, type Carrier } from './carrier.ts';
import { asError, span } from './span.ts';

/** What a pool sends to a thread. */
export interface TaskMessage<I> {
  readonly carrier: Carrier;
  readonly input: I;
  /** Whether the caller is traced, and so the task should be. */
  readonly traced: boolean;
}

/** What a thread answers: which span in which thread did the work, and what came of it. */
export interface TaskAnswer<O> {
  readonly thread: number;
  readonly peer?: SpanContext | undefined;
  readonly value?: O;
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string | undefined; readonly code: unknown };
}

/** The name of the channel by which a pool ends its threads, as it is in their `workerData`. */
export interface PoolThread {
  readonly waymarkPool: string;
}

/** How tracing starts and stops in a worker thread. */
export interface ThreadTracing {
  start(): unknown;
  /** Delivers every span that has ended. Never rejects. */
  stop(): Promise<void>;
}

let tracing: ThreadTracing | undefined;

/** Sets how tracing starts in this thread with its first traced task, and stops at its end. `@waymark/tracing` calls it. */
export function traceThreads(how: ThreadTracing): void {
  tracing = how;
}

/**
 * The default export of a file for `tracedPool`: runs `fn` in a span `name`, which is a child of the caller's span, with the caller's
 * baggage and RequestContext, known by the names of its keys. It starts tracing in the thread when a traced caller comes.
 */
export function tracedTask<I, O>(name: string, fn: (input: I) => Promise<O> | O): (message: TaskMessage<I>) => Promise<TaskAnswer<O>> {
  if (!isMainThread) listenForTheEnd();
  return async ({ carrier, input, traced }) => {
    if (traced && !isMainThread) tracing?.start();
    let peer: SpanContext | undefined;
    try {
      const work = async (self: Span): Promise<O> => {
        const { traceId, spanId, traceFlags } = self.spanContext();
        if (isSpanContextValid(self.spanContext())) peer = { traceId, spanId, traceFlags };
        return fn(input);
      };
      const { sender, request } = unpack(carrier);
      const value = await request.run(() => span(name, work, { parent: sender }));
      return { thread: threadId, peer, value };
    } catch (thrown) {
      return { thread: threadId, peer, error: plain(asError(thrown)) };
    }
  };
}

let listening = false;

function listenForTheEnd(): void {
  if (listening) return;
  listening = true;
  const channel = new BroadcastChannel((workerData as PoolThread).waymarkPool);
  channel.onmessage = ({ data }: { data: unknown }) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel takes none
    if (data === 'end') void stopTracing().then(() => channel.postMessage(threadId));
  };
  channel.unref();
}

async function stopTracing(): Promise<void> {
  await tracing?.stop();
}

/** Errors lose their class and code on their way between threads, or cannot go at all if they hold a function. */
function plain(error: Error & { code?: unknown }): NonNullable<TaskAnswer<never>['error']> {
  const { name, message, stack, code } = error;
  return { name, message, stack, code: typeof code === 'string' || typeof code === 'number' ? code : undefined };
}
