import { tracedPool } from '@waymark/tracing/pool';
import type { Context } from 'koa';

const labels = tracedPool<{ order: string }, string>(new URL('fixed-label.ts', import.meta.url), { maxThreads: 1 });

/** Renders the label in a worker thread, so that other requests do not wait for it. */
export default async function label(ctx: Context): Promise<void> {
  ctx.body = await labels.run({ order: ctx.path });
}
