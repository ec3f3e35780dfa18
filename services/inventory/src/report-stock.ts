import type { Transaction } from '@waymark/service-kit';
import { linkItems } from '@waymark/tracing';
import { linesOf, takeSold } from './inventory-db.ts';
import { reportStockJob } from './jobs.ts';
import type { Parts } from './parts.ts';

/**
 * Sums up what was sold since the last report, and logs it, in a trace that is linked to those of the newest orders it is about. Each
 * sale is reported once, and the next report is stored together with that.
 */
export async function reportStock(parts: Parts): Promise<void> {
  const report = await parts.db.transaction(async (tx) => {
    const sold = await takeSold(tx);
    linkItems(sold.map(({ soldIn }) => soldIn));
    const lines =
      sold.length > 0
        ? await linesOf(
            tx,
            sold.map(({ orderId }) => orderId),
          )
        : [];
    await scheduleReport(parts, tx);
    return { orders: sold.length, sold: Object.fromEntries(lines.map(({ sku, quantity }) => [sku, quantity])) };
  });
  if (report.orders > 0) parts.log.info(report, 'stock report');
}

/** Stores the next report, in place of one that waits; or takes that back, if there shall be none. */
export async function scheduleReport({ jobs, reportSeconds }: Parts, tx: Transaction): Promise<void> {
  if (reportSeconds > 0) await jobs.add(tx, reportStockJob, {}, reportSeconds);
  else await jobs.cancel(tx, reportStockJob, {});
}
