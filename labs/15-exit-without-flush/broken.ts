import type { Context } from 'koa';

/** Takes the last order of the day, and closes the shop. */
export default function closeShop(ctx: Context): void {
  ctx.body = 'The shop is closed.';
  // oxlint-disable-next-line unicorn/no-process-exit -- the exit is what the lab is about
  ctx.res.once('close', () => process.exit());
}
