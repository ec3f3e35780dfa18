import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Reserves the products of an order, then answers. */
export default async function placeOrder(ctx: Context): Promise<void> {
  await span('reserve all', () => Promise.all(['lamp', 'kettle'].map((product) => reserve(product))));
  ctx.status = 201;
}

async function reserve(product: string): Promise<void> {
  await span(`reserve ${product}`, () => delay(100));
}
