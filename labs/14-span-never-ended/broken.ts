import { trace } from '@opentelemetry/api';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'koa';

/** Answers with the price of a product, or 404 if it does not exist. */
export default async function showPrice(ctx: Context): Promise<void> {
  const finding = trace.getTracer('shop').startSpan('find price');
  const cents = await priceOf(ctx.query['product']);
  if (cents === undefined) return;
  ctx.body = { cents };
  finding.end();
}

async function priceOf(product: unknown): Promise<number | undefined> {
  await delay(5);
  return product === 'lamp' ? 1900 : undefined;
}
