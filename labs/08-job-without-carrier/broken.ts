import { setTimeout as delay } from 'node:timers/promises';
import { span } from '@waymark/tracing';
import type { Context } from 'koa';

interface Job {
  order: string;
}

const MAX_JOBS = 1_000;
const jobs: Job[] = [];
setInterval(() => void workOff(jobs.splice(0)), 20).unref();

/** Answers at once, and stores a job that sends the receipt. */
export default function placeOrder(ctx: Context): void {
  if (jobs.length >= MAX_JOBS) ctx.throw(503);
  jobs.push({ order: ctx.path });
  ctx.status = 202;
}

async function workOff(due: readonly Job[]): Promise<void> {
  for (const { order } of due) {
    await sendReceipt(order);
  }
}

async function sendReceipt(order: string): Promise<void> {
  await span('send receipt', () => delay(5, `Thank you for ${order}`));
}
