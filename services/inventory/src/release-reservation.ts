import type { Reservation } from '@waymark/contracts';
import { Problem } from '@waymark/service-kit';
import { lockReservation, setStatus } from './inventory-db.ts';
import { expireReservationJob, expiryOf } from './jobs.ts';
import type { Parts } from './parts.ts';
import { giveBack, stockEvent } from './stock.ts';

/** Releases the stock of an order that was not sold, for good. It also releases committed stock, because the order was refunded. Repeating the call is harmless. */
export async function releaseReservation(parts: Parts, orderId: string): Promise<Reservation> {
  const { db, jobs } = parts;
  return db.transaction(async (tx) => {
    const reservation = await lockReservation(tx, orderId);
    if (!reservation) throw new Problem(404, 'not_found', `Order ${orderId} has no reservation.`);
    if (reservation.status === 'released') return reservation;
    if (reservation.status === 'held') await jobs.cancel(tx, expireReservationJob, expiryOf(reservation));
    if (reservation.status !== 'expired') await giveBack(parts, tx, reservation.lines);
    tx.afterCommit(() => stockEvent('released', orderId));
    return setStatus(tx, reservation, 'released');
  });
}
