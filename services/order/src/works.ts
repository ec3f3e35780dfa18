import { work, type Work } from '@waymark/service-kit';
import { fulfilOrder } from './fulfil-order.ts';
import { fulfilOrderJob, releaseStockJob } from './jobs.ts';
import { endOrder } from './order-db.ts';
import { GIVEN_UP } from './order.ts';
import type { Parts } from './parts.ts';
import { releaseStock } from './release-stock.ts';

/** What this service does later than the request that asked for it. */
export const works = (parts: Parts): Work[] => [
  work(
    fulfilOrderJob,
    ({ orderId }) => fulfilOrder(parts, orderId),
    async (tx, { orderId }) => void (await endOrder(tx, orderId, GIVEN_UP)),
  ),
  work(
    releaseStockJob,
    ({ orderId }) => releaseStock(parts, orderId),
    // The reservation expires by itself.
    () => Promise.resolve(),
  ),
];
