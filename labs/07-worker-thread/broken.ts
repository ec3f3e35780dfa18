import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Context } from 'koa';

const thread = new Worker(new URL('broken-label.ts', import.meta.url));
thread.unref();

/** Renders the label in a worker thread, so that other requests do not wait for it. */
export default async function label(ctx: Context): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  thread.postMessage({ order: ctx.path, port: port2 }, [port2]);
  [ctx.body] = (await once(port1, 'message')) as [string];
  port1.close();
}
