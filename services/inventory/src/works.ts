import { work, type Work } from '@waymark/service-kit';
import { expireReservation } from './expire-reservation.ts';
import { expireReservationJob, reportStockJob } from './jobs.ts';
import type { Parts } from './parts.ts';
import { reportStock, scheduleReport } from './report-stock.ts';

/** What this service does without being asked at that moment. */
export const works = (parts: Parts): Work[] => [
  work(expireReservationJob, { run: ({ orderId }) => expireReservation(parts, orderId) }),
  work(reportStockJob, {
    run: () => reportStock(parts),
    // What it would have reported, the next one does.
    bury: (tx) => scheduleReport(parts, tx),
  }),
];
