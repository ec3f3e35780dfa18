import type { Attempt } from '@waymark/jobs';
import { Problem } from '@waymark/service-kit';
import { annotate, event } from '@waymark/tracing';
import { ORDER_ID, ORDER_REASON, ORDER_STATUS } from './attributes.ts';
import { releaseStockJob } from './jobs.ts';
import { endOrder, fulfil, startPayment } from './order-db.ts';
import { DECLINED, OVERDUE, SOLD_OUT, type Ending, type StoredOrder } from './order.ts';
import type { Parts } from './parts.ts';
import { charge, refund } from './payment-provider.ts';

/**
 * Charges the order, then commits its stock. Each step is idempotent, so after a crash the next attempt continues. An order that has waited
 * too long for an unavailable service is rejected and refunded.
 */
export async function fulfilOrder(parts: Parts, orderId: string, attempt: Attempt): Promise<void> {
  annotate({ [ORDER_ID]: orderId });
  const started = await startPayment(parts.db, orderId);
  if (!started) return parts.log.info({ order: orderId }, 'the order is no longer pending; nothing to fulfil');
  const { order, overdue } = started;
  if (overdue) return refundAndReject(parts, order, OVERDUE);
  attempt.fence();
  const outcome = await charge(parts, order.id, order.totalCents);
  if (outcome === 'declined') return reject(parts, order, DECLINED);
  // A refunded order cannot be fulfilled, even if the stock is available again.
  if (outcome === 'refunded') return refundAndReject(parts, order, SOLD_OUT);
  attempt.fence();
  if (!(await commitStock(parts, order))) return refundAndReject(parts, order, SOLD_OUT);
  await fulfil(parts.db, order.id);
  ended(parts, order, 'fulfilled');
}

/** Returns false if the reservation expired and the stock was sold. */
async function commitStock({ inventory }: Parts, { id }: StoredOrder): Promise<boolean> {
  try {
    await inventory.commit({ params: { orderId: id } });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'reservation_lost') return false;
    throw error;
  }
}

async function refundAndReject(parts: Parts, order: StoredOrder, ending: Ending): Promise<void> {
  await refund(parts, order.id);
  await reject(parts, order, ending);
}

/** Ends the order and adds the job that releases its stock, in one transaction. */
async function reject(parts: Parts, order: StoredOrder, ending: Ending): Promise<void> {
  await parts.db.transaction(async (tx) => {
    if (await endOrder(tx, order.id, ending)) await parts.jobs.add(tx, releaseStockJob, { orderId: order.id });
  });
  ended(parts, order, ending.status, ending.reason);
}

function ended({ log }: Parts, { id }: StoredOrder, status: string, reason?: string): void {
  annotate({ [ORDER_STATUS]: status });
  event(`order ${status}`, { [ORDER_ID]: id, ...(reason && { [ORDER_REASON]: reason }) });
  if (reason) log.warn({ order: id, reason }, `order ${status}`);
  else log.info({ order: id }, `order ${status}`);
}
