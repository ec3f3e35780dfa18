import type { Reservation } from '@waymark/contracts';
import { Problem, type Sql, type Transaction } from '@waymark/service-kit';
import { inject } from '@waymark/tracing';
import { lockReservation, setCommitted, setStatus } from './inventory-db.ts';
import { expireReservationJob, expiryOf } from './jobs.ts';
import type { Parts } from './parts.ts';
import { stockEvent, take } from './stock.ts';

/**
 * The order is paid: its stock is gone for good. An expired reservation is renewed if there is still enough; if not it is lost, and stays so,
 * because whoever is told gives the money back. Repeating is harmless.
 */
export async function commitReservation(parts: Parts, orderId: string): Promise<Reservation> {
  const reservation = await parts.db.transaction((tx) => commit(parts, tx, orderId));
  if (reservation.status !== 'committed')
    throw new Problem(409, 'reservation_lost', `The stock was given back, or held until ${reservation.expiresAt} and sold since.`);
  stockEvent('committed', orderId);
  return reservation;
}

async function commit({ jobs }: Parts, tx: Transaction, orderId: string): Promise<Reservation> {
  const reservation = await lockReservation(tx, orderId);
  if (!reservation) throw new Problem(404, 'not_found', `There is no reservation for order ${orderId}.`);
  switch (reservation.status) {
    case 'committed':
    case 'released':
      return reservation;
    case 'held':
      await jobs.cancel(tx, expireReservationJob, expiryOf(reservation));
      return setCommitted(tx, reservation, inject());
    case 'expired':
      return (await takeAgain(tx, reservation)) ? setCommitted(tx, reservation, inject()) : setStatus(tx, reservation, 'released');
  }
}

async function takeAgain(tx: Sql, { lines }: Reservation): Promise<boolean> {
  await tx.query('savepoint untaken');
  try {
    await take(tx, lines);
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await tx.query('rollback to savepoint untaken');
    return false;
  }
}
