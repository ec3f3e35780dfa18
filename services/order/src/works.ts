import { work, type Work } from '@waymark/service-kit';
import { fulfilOrder } from './fulfil-order.ts';
import { fulfilOrderJob, releaseStockJob } from './jobs.ts';
import { endOrder, reviveOrder } from './order-db.ts';
import { GIVEN_UP } from './order.ts';
import type { Parts } from './parts.ts';
import { releaseStock } from './release-stock.ts';

/** What this service does later than the request that asked for it. */
export const works = (parts: Parts): Work[] => [
  work(fulfilOrderJob, {
    run: ({ orderId }) => fulfilOrder(parts, orderId),
    bury: async (tx, { orderId }) => void (await endOrder(tx, orderId, GIVEN_UP)),
    revive: (tx, { orderId }) => reviveOrder(tx, orderId),
  }),
  // Stock that cannot be given back comes back when its reservation expires: there is nothing to bury.
  work(releaseStockJob, { run: ({ orderId }) => releaseStock(parts, orderId) }),
];
