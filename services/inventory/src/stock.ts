import type { Line } from '@waymark/contracts';
import { Problem, type Sql } from '@waymark/service-kit';
import { event } from '@waymark/tracing';
import { returnStock, takeStock } from './inventory-db.ts';

/**
 * Takes the lines from the stock.
 * @throws {Problem} 409 `out_of_stock` for the first of which there is not enough; the caller's transaction then undoes the others
 */
export async function take(tx: Sql, lines: readonly Line[]): Promise<void> {
  for (const { sku, quantity } of inOneOrder(lines)) {
    const left = await takeStock(tx, sku, quantity);
    if (left === undefined) throw new Problem(409, 'out_of_stock', `There are not ${quantity} of "${sku}" left.`);
  }
}

/** Gives the lines back to the stock. */
export async function giveBack(tx: Sql, lines: readonly Line[]): Promise<void> {
  for (const { sku, quantity } of inOneOrder(lines)) await returnStock(tx, sku, quantity);
}

/** Notes on the active span what became of an order's stock. */
export function stockEvent(what: 'reserved' | 'committed' | 'released', orderId: string): void {
  event(`stock ${what}`, { 'shop.order.id': orderId });
}

/** Everybody locks the products in the same order, that of their SKUs, so that no two ever wait for each other. */
function inOneOrder(lines: readonly Line[]): Line[] {
  return lines.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
}
