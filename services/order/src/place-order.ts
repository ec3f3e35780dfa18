import { createHash } from 'node:crypto';
import type { Line, Order } from '@waymark/contracts';
import { Problem, type Sql } from '@waymark/service-kit';
import { detach } from '@waymark/context';
import { activeTraceId, annotate, event } from '@waymark/tracing';
import { ORDER_ID } from './attributes.ts';
import { fulfilOrderJob, releaseStockJob } from './jobs.ts';
import { abandonPlacement, claimPlacement, findOrder, insertOrder } from './order-db.ts';
import { countOrder } from './metrics.ts';
import { newOrder } from './order.ts';
import type { Parts } from './parts.ts';

/**
 * Reserves the stock, then stores the order together with the job that will fulfil it. The idempotency key determines the order's id, and
 * every step uses that id. So a repeated or concurrent request with the same key finds the same reservation and the same order. If the order
 * is not stored after all, its stock is released; after a crash the reservation expires.
 */
export async function placeOrder(parts: Parts, userId: string, key: string, lines: Line[]): Promise<Order> {
  const orderId = await claim(parts, userId, key, lines);
  try {
    return await placeAs(parts, userId, orderId, lines);
  } catch (error) {
    // If another request with this key abandoned the order in the meantime, the key now stands for a new order.
    const claimed = isGivenUp(error) ? await claim(parts, userId, key, lines) : orderId;
    if (claimed === orderId) throw error;
    return placeAs(parts, userId, claimed, lines);
  }
}

async function placeAs(parts: Parts, userId: string, orderId: string, lines: Line[]): Promise<Order> {
  annotate({ [ORDER_ID]: orderId });
  const earlier = await findOrder(parts.db, orderId);
  if (earlier) return earlier;
  try {
    return await reserveAndStore(parts, userId, orderId, lines);
  } catch (error) {
    if (mayHoldStock(error)) abandon(parts, orderId);
    throw error;
  }
}

function isGivenUp(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'reservation_lost' || error.code === 'placement_abandoned');
}

async function reserveAndStore(parts: Parts, userId: string, orderId: string, lines: Line[]): Promise<Order> {
  const { db, inventory, jobs, fulfilmentDelaySeconds, fulfilWithinSeconds } = parts;
  const reservation = await inventory.reserve({ body: { orderId, lines } });
  event('stock reserved', { [ORDER_ID]: orderId });
  const traceId = activeTraceId();
  return db.transaction(async (tx) => {
    const placed = { ...newOrder(orderId, userId, reservation.lines), ...(traceId && { traceId }) };
    const order = await insertOrder(tx, placed, fulfilmentDelaySeconds + fulfilWithinSeconds);
    if (!order) return storedMeanwhile(tx, orderId);
    await jobs.add(tx, fulfilOrderJob, { orderId }, fulfilmentDelaySeconds);
    tx.afterCommit(() => {
      event('order placed', { [ORDER_ID]: orderId });
      countOrder();
    });
    return order;
  });
}

/** False if the inventory rejected the request or certainly never received it. */
function mayHoldStock(error: unknown): boolean {
  return !(error instanceof Problem && (error.status < 500 || error.extra.notSent === true));
}

/** Releases stock that is held without an order. It is detached, because the request's deadline may have passed. */
function abandon({ db, jobs, log }: Parts, orderId: string): void {
  detach('abandon placement', { orderId }, async () => {
    const release = db.transaction(async (tx) => {
      if (await abandonPlacement(tx, orderId)) await jobs.add(tx, releaseStockJob, { orderId });
    });
    await release.catch((error: unknown) => {
      log.warn(
        { err: error, order: orderId },
        'could not release the stock of an abandoned order; it stays held until its reservation expires',
      );
      throw error;
    });
  });
}

async function claim({ db }: Parts, userId: string, key: string, lines: Line[]): Promise<string> {
  const placement = await claimPlacement(db, userId, key, requestHash(lines));
  if (!placement.sameRequest) {
    throw new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request; send a new one.');
  }
  return placement.orderId;
}

/** Hashes the lines of a request. The order of the lines does not matter. */
function requestHash(lines: Line[]): Buffer {
  const sorted = lines.map(({ sku, quantity }) => [sku, quantity] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest();
}

/** Uses the transaction's own connection: if every transaction waited for a second one, the pool would be exhausted. */
async function storedMeanwhile(tx: Sql, orderId: string): Promise<Order> {
  const order = await findOrder(tx, orderId);
  if (!order) throw new Problem(409, 'placement_abandoned', 'Another request with this Idempotency-Key has just failed; send it again.');
  return order;
}
