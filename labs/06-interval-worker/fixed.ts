import { setTimeout as delay } from 'node:timers/promises';
import { trace, type Link } from '@opentelemetry/api';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

const MAX_ORDERS = 1_000;
const toPack: { order: string; links: Link[] }[] = [];
// Starts with the program, not with a request.
setInterval(() => void packOrders(), 20).unref();

/** Answers at once. The worker packs the order later. */
export default function placeOrder(ctx: Context): void {
  if (toPack.length >= MAX_ORDERS) ctx.throw(503);
  const placed = trace.getActiveSpan()?.spanContext();
  toPack.push({ order: ctx.path, links: placed ? [{ context: placed }] : [] });
  ctx.status = 202;
}

async function packOrders(): Promise<void> {
  for (const { order, links } of toPack.splice(0)) {
    await span('pack order', () => delay(5), { links, attributes: { 'shop.order': order } });
  }
}
