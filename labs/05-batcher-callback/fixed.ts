import { setTimeout as delay } from 'node:timers/promises';
import { batcher } from '@waymark/context';
import { annotate, span } from '@waymark/tracing';
import type { Context } from 'koa';

type Answer = (cents: number) => void;

/** Calls back with the price of a lamp. Asks the supplier once for two orders. */
const pricesOfLamps = batcher<Answer>({ name: 'prices', maxItems: 2, maxWaitMs: 5_000, maxQueued: 1_000 }, async (items) => {
  await span('ask supplier', () => delay(5));
  for (const item of items) item.run(() => item.value(1250));
});

export default async function placeOrder(ctx: Context): Promise<void> {
  const order = { 'shop.order': ctx.path };
  annotate(order);
  ctx.body = await new Promise((resolve, reject) => {
    pricesOfLamps.add((cents) => resolve(span('add up order', () => `${cents} cents`, { attributes: order }))).catch(reject);
  });
}
