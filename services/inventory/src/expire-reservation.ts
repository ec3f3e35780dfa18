import { expireIfDue, linesOf } from './inventory-db.ts';
import type { Parts } from './parts.ts';
import { giveBack } from './stock.ts';

/** Returns the stock of an order that was not paid in time, for example because the order service crashed. Does nothing if the reservation has ended or was renewed. */
export async function expireReservation(parts: Parts, orderId: string): Promise<void> {
  const { db, log } = parts;
  const expired = await db.transaction(async (tx) => {
    const due = await expireIfDue(tx, orderId);
    if (due) await giveBack(parts, tx, await linesOf(tx, [orderId]));
    return due;
  });
  if (expired) log.info({ order: orderId }, 'a reservation expired');
}
