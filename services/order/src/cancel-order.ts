import type { Order } from '@waymark/contracts';
import { Problem } from '@waymark/service-kit';
import { annotate, event } from '@waymark/tracing';
import { ORDER_ID } from './attributes.ts';
import { fulfilOrderJob, releaseStockJob } from './jobs.ts';
import { cancelPending } from './order-db.ts';
import { orderOf } from './order-of.ts';
import type { Parts } from './parts.ts';

/** Cancels an order whose payment has not started, and releases its stock. Cancelling it again is harmless. */
export async function cancelOrder({ db, jobs }: Parts, userId: string, orderId: string): Promise<Order> {
  annotate({ [ORDER_ID]: orderId });
  return db.transaction(async (tx) => {
    await orderOf(tx, userId, orderId);
    const cancelledNow = await cancelPending(tx, orderId);
    if (cancelledNow) {
      await jobs.cancel(tx, fulfilOrderJob, { orderId });
      await jobs.add(tx, releaseStockJob, { orderId });
      tx.afterCommit(() => event('order cancelled', { [ORDER_ID]: orderId }));
    }
    const order = await orderOf(tx, userId, orderId);
    if (order.status !== 'cancelled')
      throw new Problem(409, 'not_cancellable', `The payment has started or the order has ended (${order.status}).`);
    return order;
  });
}
