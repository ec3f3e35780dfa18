import { handle, type HandledJob } from '@waymark/jobs';
import { expireReservation } from './expire-reservation.ts';
import { expireReservationJob, reportStockJob } from './jobs.ts';
import type { Parts } from './parts.ts';
import { reportStock, scheduleReport } from './report-stock.ts';

/** The handlers of this service's jobs. */
export const jobHandlers = (parts: Parts): HandledJob[] => [
  handle(expireReservationJob, { run: ({ orderId }) => expireReservation(parts, orderId) }),
  handle(reportStockJob, {
    run: () => reportStock(parts),
    // The next report includes the sales of the failed one.
    onDeadLetter: (tx) => scheduleReport(parts, tx),
  }),
];
