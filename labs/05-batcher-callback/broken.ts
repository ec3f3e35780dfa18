import { setTimeout as delay } from 'node:timers/promises';
import { annotate, span } from '@waymark/tracing';
import type { Context } from 'koa';

type Answer = (cents: number) => void;
let waiting: Answer[] = [];
let timer: NodeJS.Timeout | undefined;

/** Calls back with the price of a lamp. Asks the supplier once for two orders. */
function priceOfLamp(answer: Answer): void {
  waiting.push(answer);
  if (waiting.length >= 2) void askSupplier();
  else timer = setTimeout(() => void askSupplier(), 5_000);
}

async function askSupplier(): Promise<void> {
  clearTimeout(timer);
  const batch = waiting;
  waiting = [];
  await span('ask supplier', () => delay(5));
  for (const answer of batch) answer(1250);
}

export default async function placeOrder(ctx: Context): Promise<void> {
  const order = { 'shop.order': ctx.path };
  annotate(order);
  ctx.body = await new Promise((resolve) => {
    priceOfLamp((cents) => resolve(span('add up order', () => `${cents} cents`, { attributes: order })));
  });
}
