import type { Line, Reservation } from '@waymark/contracts';
import { Problem } from '@waymark/service-kit';
import { insertReservation, lockReservation, renew } from './inventory-db.ts';
import { expireReservationJob, expiryOf } from './jobs.ts';
import type { Parts } from './parts.ts';
import { stockEvent, take } from './stock.ts';

/**
 * Holds the stock of an order for `ttlSeconds`, all lines or none. The same order again gets the same reservation, so a caller that lost the
 * answer can repeat the call. An expired reservation is renewed if there is still enough. The job that expires it is stored with it.
 */
export async function reserve(parts: Parts, orderId: string, lines: readonly Line[]): Promise<Reservation> {
  const { db, jobs, ttlSeconds } = parts;
  return db.transaction(async (tx) => {
    const isNew = await insertReservation(tx, orderId, lines, ttlSeconds);
    const reservation = await lockReservation(tx, orderId);
    if (!reservation) throw new Error(`reservation ${orderId} vanished inside its own transaction`);
    if (reservation.status === 'released') throw new Problem(409, 'reservation_lost', 'This order has ended and its stock was released.');
    if (!isNew && reservation.status !== 'expired') return reservation;
    await take(parts, tx, reservation.lines);
    const held = isNew ? reservation : await renew(tx, reservation, ttlSeconds);
    await jobs.add(tx, expireReservationJob, expiryOf(held), ttlSeconds);
    tx.afterCommit(() => stockEvent('reserved', orderId));
    return held;
  });
}
