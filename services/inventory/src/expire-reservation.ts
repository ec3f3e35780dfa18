import { expireIfDue, linesOf } from './inventory-db.ts';
import type { Parts } from './parts.ts';
import { giveBack } from './stock.ts';

/** Gives the stock of an order back that nobody paid in time: what an order service that died left behind. Once it has ended, or holds longer, nothing. */
export async function expireReservation({ db, log }: Parts, orderId: string): Promise<void> {
  const expired = await db.transaction(async (tx) => {
    const due = await expireIfDue(tx, orderId);
    if (due) await giveBack(tx, await linesOf(tx, [orderId]));
    return due;
  });
  if (expired) log.info({ order: orderId }, 'a reservation expired');
}
