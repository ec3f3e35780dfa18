import { setTimeout as delay } from 'node:timers/promises';
import { detach } from '@waymark/context';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

/** Answers at once, and sends the receipt afterwards as a detached task. */
export default async function placeOrder(ctx: Context): Promise<void> {
  ctx.status = 201;
  detach('send receipt', { method: ctx.method, status: ctx.status }, sendReceipt);
}

async function sendReceipt({ method, status }: { readonly method: string; readonly status: number }): Promise<void> {
  await delay(20);
  await span('render receipt', () => `${method} ${status}`);
}
