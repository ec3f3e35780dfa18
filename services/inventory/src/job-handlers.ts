import { handle, type HandledJob } from '@waymark/jobs';
import { expireReservation } from './expire-reservation.ts';
import { expireReservationJob, reportStockJob } from './jobs.ts';
import type { Parts } from './parts.ts';
import { reportStock, scheduleReport } from './report-stock.ts';

/** What this service does by itself, at its time. */
export const jobHandlers = (parts: Parts): HandledJob[] => [
  handle(expireReservationJob, { run: ({ orderId }) => expireReservation(parts, orderId) }),
  handle(reportStockJob, {
    run: () => reportStock(parts),
    // The next report covers what this one should have.
    onDeadLetter: (tx) => scheduleReport(parts, tx),
  }),
];
