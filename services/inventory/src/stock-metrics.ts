import type { Sql } from '@waymark/service-kit';
import { meter } from '@waymark/tracing';
import { scarcestProducts } from './inventory-db.ts';

/** As many products as the metric has series at most. */
const SERIES = 100;

/** Reports what is in stock of the products that are closest to being sold out. It is read whenever metrics are. */
export function observeStock(sql: Sql): void {
  const stock = meter('@waymark/inventory')?.createObservableGauge('shop.stock.available', {
    unit: '{item}',
    description: `Items in stock, of the ${SERIES} products with the fewest.`,
  });
  stock?.addCallback(async (result) => {
    for (const { sku, available } of await scarcestProducts(sql, SERIES)) result.observe(available, { 'shop.product.sku': sku });
  });
}
