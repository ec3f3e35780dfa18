import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Logger } from '@waymark/service-kit';
import { linesOf, lockDue, setExpired } from './inventory-db.ts';
import { giveBack } from './stock.ts';

const EVERY_MS = 1_000;

/** Until the signal aborts, gives back the stock of orders that nobody paid in time: what an order service that died left behind. */
export async function expireReservations(db: Database, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await expireOnce(db, log).catch((error: unknown) => log.warn({ err: error }, 'reservations could not be expired'));
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Expires what is due now. */
export async function expireOnce(db: Database, log: Logger): Promise<void> {
  const expired = await db.transaction(async (tx) => {
    const orders = await lockDue(tx);
    if (orders.length === 0) return [];
    await setExpired(tx, orders);
    await giveBack(tx, await linesOf(tx, orders));
    return orders;
  });
  for (const order of expired) log.info({ order }, 'a reservation expired');
}
