import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

const MAX_ORDERS = 1_000;
const toPack: { order: string }[] = [];
let worker: NodeJS.Timeout | undefined;

/** Answers at once. The worker packs the order later. */
export default function placeOrder(ctx: Context): void {
  if (toPack.length >= MAX_ORDERS) ctx.throw(503);
  toPack.push({ order: ctx.path });
  worker ??= setInterval(() => void packOrders(), 20).unref();
  ctx.status = 202;
}

async function packOrders(): Promise<void> {
  for (const { order } of toPack.splice(0)) {
    await span('pack order', () => delay(5), { attributes: { 'shop.order': order } });
  }
}
