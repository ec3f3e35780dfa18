import type { Line } from '@waymark/contracts';
import { Problem, type Transaction } from '@waymark/service-kit';
import { event } from '@waymark/tracing';
import { returnStock, takeStock } from './inventory-db.ts';
import type { Parts } from './parts.ts';
import type { Products } from './products.ts';

/**
 * Takes the lines from the stock.
 * @throws {Problem} 409 `out_of_stock` for the first product that is short; the caller's transaction then undoes the others
 */
export async function take({ products }: Pick<Parts, 'products'>, tx: Transaction, lines: readonly Line[]): Promise<void> {
  forgetAfterCommit(products, tx, lines);
  for (const { sku, quantity } of inOneOrder(lines)) {
    const left = await takeStock(tx, sku, quantity);
    if (left === undefined)
      throw new Problem(
        409,
        'out_of_stock',
        quantity === 1 ? `"${sku}" is sold out.` : `There are fewer than ${quantity} of "${sku}" in stock.`,
      );
  }
}

/** Returns the lines to the stock. */
export async function giveBack({ products }: Pick<Parts, 'products'>, tx: Transaction, lines: readonly Line[]): Promise<void> {
  forgetAfterCommit(products, tx, lines);
  for (const { sku, quantity } of inOneOrder(lines)) await returnStock(tx, sku, quantity);
}

/** Readers who know of the change must not see the stock of before. */
function forgetAfterCommit(products: Products, tx: Transaction, lines: readonly Line[]): void {
  tx.afterCommit(() => {
    for (const { sku } of lines) products.forget(sku);
  });
}

/** Adds an event about an order's stock to the active span. */
export function stockEvent(what: 'reserved' | 'committed' | 'released', orderId: string): void {
  event(`stock ${what}`, { 'shop.order.id': orderId });
}

/** Sorts lines by SKU. Products are always locked in this order, which prevents deadlocks. */
function inOneOrder(lines: readonly Line[]): Line[] {
  return lines.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
}
