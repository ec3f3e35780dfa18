import { Problem } from '@waymark/service-kit';
import { annotate } from '@waymark/tracing';
import { ORDER_ID, ORDER_STATUS } from './attributes.ts';
import { releaseStockJob } from './jobs.ts';
import { endOrder, fulfil, startPayment } from './order-db.ts';
import { DECLINED, SOLD_OUT, type Ending, type StoredOrder } from './order.ts';
import type { Parts } from './parts.ts';
import { charge, refund } from './payment-provider.ts';

/** Charges the order, then commits its stock. Each step may be repeated without harm, so a crash anywhere is mended by trying again. */
export async function fulfilOrder(parts: Parts, orderId: string): Promise<void> {
  annotate({ [ORDER_ID]: orderId });
  const order = await startPayment(parts.db, orderId);
  if (!order) return parts.log.info({ order: orderId }, 'there is nothing left to fulfil');
  const outcome = await charge(parts.db, order.id, order.totalCents);
  if (outcome === 'declined') return reject(parts, order, DECLINED);
  // Money that is on its way back buys nothing, even if the stock is there again.
  if (outcome === 'accepted' && (await commitStock(parts, order))) {
    await fulfil(parts.db, order.id);
    annotate({ [ORDER_STATUS]: 'fulfilled' });
    parts.log.info({ order: order.id }, 'order fulfilled');
  } else {
    await refund(parts.db, order.id);
    await reject(parts, order, SOLD_OUT);
  }
}

/** False if the reservation had expired and the stock was sold since. */
async function commitStock({ inventory }: Parts, { id }: StoredOrder): Promise<boolean> {
  try {
    await inventory.commit({ params: { orderId: id } });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'reservation_lost') return false;
    throw error;
  }
}

/** The end of the order and the release of its stock are one decision: they commit together. */
async function reject({ db, jobs, log }: Parts, { id }: StoredOrder, ending: Ending): Promise<void> {
  await db.transaction(async (tx) => {
    if (await endOrder(tx, id, ending)) await jobs.add(tx, releaseStockJob, { orderId: id });
  });
  annotate({ [ORDER_STATUS]: ending.status });
  log.warn({ order: id, reason: ending.reason }, 'order rejected');
}
