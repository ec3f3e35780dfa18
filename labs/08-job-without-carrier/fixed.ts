import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { consume, produce, span, type Carrier } from '@waymark/tracing';
import type { Context } from 'koa';

interface Job {
  order: string;
  id: string;
  carrier: Carrier;
}

const QUEUE = { system: 'memory', destination: 'send_receipt' };
const ONCE = { attempt: 1, maxAttempts: 1 };
const MAX_JOBS = 1_000;
const jobs: Job[] = [];
setInterval(() => void workOff(jobs.splice(0)), 20).unref();

/** Answers at once, and stores a job that sends the receipt. */
export default async function placeOrder(ctx: Context): Promise<void> {
  if (jobs.length >= MAX_JOBS) ctx.throw(503);
  const id = randomUUID();
  await produce({ ...QUEUE, id }, async (carrier) => jobs.push({ order: ctx.path, id, carrier }));
  ctx.status = 202;
}

async function workOff(due: readonly Job[]): Promise<void> {
  for (const { order, id, carrier } of due) {
    await consume({ ...QUEUE, id }, carrier, ONCE, () => sendReceipt(order));
  }
}

async function sendReceipt(order: string): Promise<void> {
  await span('send receipt', () => delay(5, `Thank you for ${order}`));
}
