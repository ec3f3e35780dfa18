import type { Reservation } from '@waymark/contracts';
import { defineJob } from '@waymark/jobs';
import { z } from 'zod';

/**
 * Usually this job is cancelled. Otherwise it runs long after the order, so the order's trace cannot wait for it. It is retried for hours,
 * because stock that stays held is lost.
 */
export const expireReservationJob = defineJob({
  name: 'expire_reservation',
  payload: z.object({ orderId: z.uuid(), expiresAt: z.iso.datetime() }),
  // A renewed reservation expires at another time, with another job.
  key: ({ orderId, expiresAt }) => `${orderId}/${expiresAt}`,
  trace: 'link',
  maxAttempts: 25,
});

/** The payload of the job that expires a reservation at its current time. */
export const expiryOf = ({ orderId, expiresAt }: Reservation): { orderId: string; expiresAt: string } => ({ orderId, expiresAt });

/** A report is about many orders, and no request asks for it. All reports have one key, so adding a report replaces the waiting one. */
export const reportStockJob = defineJob({
  name: 'report_stock',
  payload: z.object({}),
  key: () => 'next',
  trace: 'link',
  maxAttempts: 3,
  atOnce: 1,
});
