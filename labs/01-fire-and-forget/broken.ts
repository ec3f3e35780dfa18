import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Answers at once, and sends the receipt afterwards. */
export default async function placeOrder(ctx: Context): Promise<void> {
  ctx.status = 201;
  void sendReceipt(ctx);
}

async function sendReceipt(ctx: Context): Promise<void> {
  await delay(20);
  await span('send receipt', async () => {
    // By now the answer is sent, and `ctx` belongs to a finished request.
    await delay(5);
    return `${ctx.method} ${ctx.status}`;
  });
}
