import type { Reservation } from '@waymark/contracts';
import { defineJob } from '@waymark/jobs';
import { z } from 'zod';

/**
 * Mostly it is cancelled, and else it comes when the order has long been forgotten: an order's trace cannot wait for it. Stock that stays
 * held for nobody is lost, so it is tried for hours.
 */
export const expireReservationJob = defineJob({
  name: 'expire_reservation',
  payload: z.object({ orderId: z.uuid(), expiresAt: z.iso.datetime() }),
  // A reservation that is renewed expires another time, by another job.
  key: ({ orderId, expiresAt }) => `${orderId}/${expiresAt}`,
  trace: 'link',
  maxAttempts: 25,
});

/** The job of a reservation as it is held now. */
export const expiryOf = ({ orderId, expiresAt }: Reservation): { orderId: string; expiresAt: string } => ({ orderId, expiresAt });

/** It is about many orders, and asked for by none. One key: whoever asks again puts off the one that waits. */
export const reportStockJob = defineJob({
  name: 'report_stock',
  payload: z.object({}),
  key: () => 'next',
  trace: 'link',
  maxAttempts: 3,
  atOnce: 1,
});
