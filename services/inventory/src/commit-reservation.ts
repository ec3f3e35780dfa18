import type { Reservation } from '@waymark/contracts';
import { Problem, type Transaction } from '@waymark/service-kit';
import { inject } from '@waymark/tracing';
import { lockReservation, setCommitted, setStatus } from './inventory-db.ts';
import { expireReservationJob, expiryOf } from './jobs.ts';
import type { Parts } from './parts.ts';
import { stockEvent, take } from './stock.ts';

/**
 * Commits the reservation of a paid order: its stock is sold. An expired reservation is renewed if there is still enough stock. If not, it is
 * lost, and stays lost, because the caller refunds the order then. Repeating the call is harmless.
 */
export async function commitReservation(parts: Parts, orderId: string): Promise<Reservation> {
  const reservation = await parts.db.transaction((tx) => commit(parts, tx, orderId));
  if (reservation.status !== 'committed')
    throw new Problem(
      409,
      'reservation_lost',
      `The reservation was released, or expired at ${reservation.expiresAt} and its stock was sold.`,
    );
  stockEvent('committed', orderId);
  return reservation;
}

async function commit(parts: Parts, tx: Transaction, orderId: string): Promise<Reservation> {
  const { jobs } = parts;
  const reservation = await lockReservation(tx, orderId);
  if (!reservation) throw new Problem(404, 'not_found', `Order ${orderId} has no reservation.`);
  switch (reservation.status) {
    case 'committed':
    case 'released':
      return reservation;
    case 'held':
      await jobs.cancel(tx, expireReservationJob, expiryOf(reservation));
      return setCommitted(tx, reservation, inject());
    case 'expired':
      return (await takeAgain(parts, tx, reservation)) ? setCommitted(tx, reservation, inject()) : setStatus(tx, reservation, 'released');
  }
}

async function takeAgain(parts: Parts, tx: Transaction, { lines }: Reservation): Promise<boolean> {
  await tx.query('savepoint untaken');
  try {
    await take(parts, tx, lines);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await tx.query('rollback to savepoint untaken');
    return false;
  }
}
