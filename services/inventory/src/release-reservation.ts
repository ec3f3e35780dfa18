import type { Reservation } from '@waymark/contracts';
import { Problem } from '@waymark/service-kit';
import { lockReservation, setStatus } from './inventory-db.ts';
import { expireReservationJob, expiryOf } from './jobs.ts';
import type { Parts } from './parts.ts';
import { giveBack } from './stock.ts';

/** The order ended without a sale: its stock is free again, and stays so. Repeating is harmless. */
export async function releaseReservation({ db, jobs }: Parts, orderId: string): Promise<Reservation> {
  return db.transaction(async (tx) => {
    const reservation = await lockReservation(tx, orderId);
    if (!reservation) throw new Problem(404, 'not_found', `There is no reservation for order ${orderId}.`);
    switch (reservation.status) {
      case 'released':
        return reservation;
      case 'committed':
        throw new Problem(409, 'reservation_lost', 'The order is paid and its stock is gone.');
      case 'expired':
        return setStatus(tx, reservation, 'released');
      case 'held':
        await jobs.cancel(tx, expireReservationJob, expiryOf(reservation));
        await giveBack(tx, reservation.lines);
        return setStatus(tx, reservation, 'released');
    }
  });
}
