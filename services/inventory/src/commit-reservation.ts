import type { Reservation } from '@waymark/contracts';
import { Problem, type Database } from '@waymark/service-kit';
import { lockReservation, setStatus } from './inventory-db.ts';
import { take } from './reserve.ts';

/** The order is paid: its stock is gone for good. An expired reservation is renewed if there is still enough; repeating is harmless. */
export async function commitReservation(db: Database, orderId: string): Promise<Reservation> {
  return db.transaction(async (tx) => {
    const reservation = await lockReservation(tx, orderId);
    if (!reservation) throw new Problem(404, 'not_found', `There is no reservation for order ${orderId}.`);
    switch (reservation.status) {
      case 'committed':
        return reservation;
      case 'released':
        throw new Problem(409, 'reservation_lost', 'The stock of this order was released.');
      case 'expired':
        await takeAgain(tx, reservation);
        return setStatus(tx, reservation, 'committed');
      case 'held':
        return setStatus(tx, reservation, 'committed');
    }
  });
}

async function takeAgain(tx: Parameters<typeof take>[0], { lines, expiresAt }: Reservation): Promise<void> {
  await take(tx, lines).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(409, 'reservation_lost', `The stock was held until ${expiresAt}, and has been sold since.`, {}, { cause: error });
  });
}
