import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Reserves the products of an order, then answers. */
export default async function placeOrder(ctx: Context): Promise<void> {
  await span('reserve all', () => {
    // oxlint-disable-next-line typescript/no-misused-promises -- the mistake of this lab: forEach awaits nothing
    ['lamp', 'kettle'].forEach(async (product) => reserve(product));
  });
  ctx.status = 201;
}

async function reserve(product: string): Promise<void> {
  await span(`reserve ${product}`, () => delay(100));
}
