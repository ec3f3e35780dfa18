import type { Server } from 'node:http';
import { shutdownTracing } from '@waymark/tracing';
import type { Context } from 'koa';

/** Answers the last request of the day and ends the process. */
export default function closeShop(ctx: Context): void {
  ctx.body = 'The shop is closed.';
  const server = ctx['server'] as Server;
  ctx.res.once('close', () => server.close(() => void shutdownTracing()));
}
