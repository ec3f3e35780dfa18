import type { Transaction } from '@waymark/service-kit';
import { linkItems } from '@waymark/tracing';
import { linesOf, takeSold } from './inventory-db.ts';
import { reportStockJob } from './jobs.ts';
import type { Parts } from './parts.ts';

/**
 * Logs what was sold since the last report, in a trace with links to the traces of the newest orders in it. Each sale is reported once. The
 * next report is stored in the same transaction.
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

/** Stores the next report in place of a waiting one, or cancels the waiting one if reports are turned off. */
export async function scheduleReport({ jobs, reportSeconds }: Parts, tx: Transaction): Promise<void> {
  if (reportSeconds > 0) await jobs.add(tx, reportStockJob, {}, reportSeconds);
  else await jobs.cancel(tx, reportStockJob, {});
}
