import { handle, type HandledJob } from '@waymark/jobs';
import { fulfilOrder } from './fulfil-order.ts';
import { fulfilOrderJob, releaseStockJob } from './jobs.ts';
import { endOrder, reviveOrder } from './order-db.ts';
import { GIVEN_UP } from './order.ts';
import type { Parts } from './parts.ts';
import { releaseStock } from './release-stock.ts';

/** The handlers of this service's jobs. */
export const jobHandlers = (parts: Parts): HandledJob[] => [
  handle(fulfilOrderJob, {
    run: ({ orderId }, attempt) => fulfilOrder(parts, orderId, attempt),
    onDeadLetter: async (tx, { orderId }) => void (await endOrder(tx, orderId, GIVEN_UP)),
    onReplay: (tx, { orderId }) => reviveOrder(tx, orderId, parts.fulfilWithinSeconds),
  }),
  // No onDeadLetter is needed: stock that cannot be released is free again when its reservation expires.
  handle(releaseStockJob, { run: ({ orderId }) => releaseStock(parts, orderId) }),
];
