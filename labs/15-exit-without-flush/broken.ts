import type { Context } from 'koa';

/** Answers the last request of the day and ends the process. */
export default function closeShop(ctx: Context): void {
  ctx.body = 'The shop is closed.';
  // oxlint-disable-next-line unicorn/no-process-exit -- the mistake of this lab
  ctx.res.once('close', () => process.exit());
}
