import { BroadcastChannel, isMainThread, threadId, workerData } from 'node:worker_threads';
import type { Span } from '@opentelemetry/api';
import type { Carrier } from '../messaging/carrier.ts';
import { unpack } from '../messaging/context-carrier.ts';
import { asError, span } from '../span.ts';
import { shutdownTracing, startTracing } from '../sdk/start.ts';
import { traceparent } from '../sdk/trace-context.ts';

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
  readonly traceresponse: string;
  readonly value?: O;
  readonly error?: { readonly name: string; readonly message: string; readonly stack: string | undefined; readonly code: unknown };
}

/** The name of the channel by which a pool ends its threads, as it is in their `workerData`. */
export interface PoolThread {
  readonly waymarkPool: string;
}

/**
 * The default export of a file for `tracedPool`: runs `fn` in a span `name`, which is a child of the caller's span, with the caller's
 * baggage and RequestContext, known by the names of its keys. It starts tracing in the thread when a traced caller comes.
 */
export function tracedTask<I, O>(name: string, fn: (input: I) => Promise<O> | O): (message: TaskMessage<I>) => Promise<TaskAnswer<O>> {
  if (!isMainThread) listenForTheEnd();
  return async ({ carrier, input, traced }) => {
    if (traced && !isMainThread) startTracing();
    let traceresponse = '';
    try {
      const work = async (self: Span): Promise<O> => {
        traceresponse = traceparent(self.spanContext());
        return fn(input);
      };
      const { sender, request } = unpack(carrier);
      const value = await request.run(() => span(name, work, { parent: sender }));
      return { thread: threadId, traceresponse, value };
    } catch (thrown) {
      return { thread: threadId, traceresponse, error: plain(asError(thrown)) };
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
    if (data === 'end') void shutdownTracing().then(() => channel.postMessage(threadId));
  };
  channel.unref();
}

/** Errors lose their class and code on their way between threads, or cannot go at all if they hold a function. */
function plain(error: Error & { code?: unknown }): NonNullable<TaskAnswer<never>['error']> {
  const { name, message, stack, code } = error;
  return { name, message, stack, code: typeof code === 'string' || typeof code === 'number' ? code : undefined };
}
