import { createHash } from 'node:crypto';
import type { Line, Order } from '@waymark/contracts';
import { Problem, type Sql } from '@waymark/service-kit';
import { annotate } from '@waymark/tracing';
import { ORDER_ID } from './attributes.ts';
import { fulfilOrderJob } from './jobs.ts';
import { claimPlacement, findOrder, insertOrder } from './order-db.ts';
import { newOrder } from './order.ts';
import type { Parts } from './parts.ts';

/**
 * Reserves the stock, then stores the order together with the job that will fulfil it. Everything hangs on the order's id, which the
 * idempotency key fixes: whoever comes again with the key, or at the same time, finds the same reservation and the same order.
 * A crash in between leaks nothing: the reservation expires.
 */
export async function placeOrder(parts: Parts, userId: string, key: string, lines: Line[]): Promise<Order> {
  const { db, inventory, jobs, fulfilmentDelaySeconds } = parts;
  const orderId = await claim(parts, userId, key, lines);
  annotate({ [ORDER_ID]: orderId });
  const earlier = await findOrder(db, orderId);
  if (earlier) return earlier;
  const reservation = await inventory.reserve({ body: { orderId, lines } });
  return db.transaction(async (tx) => {
    const order = await insertOrder(tx, newOrder(orderId, userId, reservation.lines));
    if (order) await jobs.add(tx, fulfilOrderJob, { orderId }, fulfilmentDelaySeconds);
    return order ?? storedMeanwhile(tx, orderId);
  });
}

async function claim({ db }: Parts, userId: string, key: string, lines: Line[]): Promise<string> {
  const placement = await claimPlacement(db, userId, key, requestHash(lines));
  if (!placement.sameRequest) {
    throw new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another order; send a new one.');
  }
  return placement.orderId;
}

/** The same lines in another order are the same request. */
function requestHash(lines: Line[]): Buffer {
  const sorted = lines.map(({ sku, quantity }) => [sku, quantity] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest();
}

/** On the transaction's own connection: if each of them waited for a second one, there would soon be none. */
async function storedMeanwhile(tx: Sql, orderId: string): Promise<Order> {
  const order = await findOrder(tx, orderId);
  if (!order) throw new Error(`order ${orderId} could neither be stored nor found`);
  return order;
}
