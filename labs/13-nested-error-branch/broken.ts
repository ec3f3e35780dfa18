import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Places an order: reserves each line, and each reservation writes to the stock. */
export default async function placeOrder(ctx: Context): Promise<void> {
  await span('place order', () => Promise.all(['lamp', 'kettle', 'chair'].map((product) => reserve(product))));
  ctx.status = 201;
}

async function reserve(product: string): Promise<void> {
  await span(`reserve ${product}`, () => span(`write ${product}`, () => write(product)));
}

async function write(product: string): Promise<void> {
  await delay(product === 'kettle' ? 5 : 100);
  if (product === 'kettle') throw new Error('The stock of kettles is locked');
}
