import type { Shop } from '@waymark/local-stack';
import { countOf, query } from '../src/shop/query.ts';
import { until } from '@waymark/service-kit/testing/until';

/** The product that every attack orders, and its stock. */
export const SKU = 'trail-map';
const STOCK = 10_000_000;

/** Sets the stock of the product. */
export async function fillShelf({ databases }: Pick<Shop, 'databases'>): Promise<void> {
  await query(databases.inventory, 'update products set available = $1 where sku = $2', [STOCK, SKU]);
}

export const orders = async ({ databases }: Pick<Shop, 'databases'>): Promise<{ id: string; status: string; outcome: string | null }[]> =>
  query(databases.order, 'select id, status, outcome from orders left join payments on order_id = id');

/** Waits until no order is pending. Resolves with the number of orders that still are. */
export async function settle(shop: Pick<Shop, 'databases'>, timeoutMs = 180_000): Promise<number> {
  const pending = (): Promise<number> => countOf(shop.databases.order, `select count(*)::int from orders where status = 'pending'`);
  return until(pending, (count) => count === 0, 'all orders to end', timeoutMs).catch(pending);
}

/** How many reservations hold stock. */
export const heldReservations = ({ databases }: Pick<Shop, 'databases'>): Promise<number> =>
  countOf(databases.inventory, `select count(*)::int from reservations where status = 'held'`);

/** Waits until no reservation holds stock. Resolves with the number of those that still do. */
export async function stockReleased(shop: Pick<Shop, 'databases'>, timeoutMs = 30_000): Promise<number> {
  const held = (): Promise<number> => heldReservations(shop);
  return until(held, (count) => count === 0, 'no stock to be held', timeoutMs).catch(held);
}

/** Errors in the data. All numbers besides `acknowledged` must be 0 after every attack. */
export interface Books {
  acknowledged: number;
  /** Acknowledged orders that do not exist. */
  lost: number;
  /** Orders that were acknowledged twice, or orders without an idempotency key of their own. */
  doubled: number;
  /** Pieces that are missing in the stock, or too many. */
  miscounted: number;
  /** Orders that were paid, but neither refunded nor fulfilled. */
  chargedWithoutGoods: number;
  /** Orders that were fulfilled but not paid. */
  goodsWithoutCharge: number;
  /** Orders that are still neither fulfilled nor rejected. */
  unsettled: number;
}

/** Checks the databases when all work is done. */
export async function checkBooks(shop: Pick<Shop, 'databases'>, ids: readonly string[]): Promise<Books> {
  const unsettled = await settle(shop);
  // Jobs release the stock of orders that were not stored.
  await stockReleased(shop);
  const all = new Map((await orders(shop)).map((order) => [order.id, order]));
  const lines = await query<{ order_id: string; status: string; quantity: number }>(
    shop.databases.inventory,
    'select order_id, status, coalesce(sum(quantity) filter (where sku = $1), 0)::int as quantity from reservations join reservation_lines using (order_id) group by 1, 2',
    [SKU],
  );
  const [shelf] = await query<{ available: number }>(shop.databases.inventory, 'select available from products where sku = $1', [SKU]);
  const keys = await countOf(shop.databases.order, 'select count(*)::int from placements where not abandoned');
  const committed = new Set(lines.filter(({ status }) => status === 'committed').map(({ order_id }) => order_id));
  const gone = lines.filter(({ status }) => status === 'committed' || status === 'held').reduce((sum, { quantity }) => sum + quantity, 0);
  const count = (test: (order: { id: string; status: string; outcome: string | null }) => boolean): number =>
    [...all.values()].filter(test).length;
  return {
    acknowledged: ids.length,
    lost: ids.filter((id) => !all.has(id)).length,
    doubled: ids.length - new Set(ids).size + Math.max(0, all.size - keys),
    miscounted: Math.abs(STOCK - (shelf?.available ?? 0) - gone),
    chargedWithoutGoods: count(({ id, status, outcome }) => outcome === 'accepted' && !(status === 'fulfilled' && committed.has(id))),
    goodsWithoutCharge: count(({ id, status, outcome }) => (status === 'fulfilled' || committed.has(id)) && outcome !== 'accepted'),
    unsettled,
  };
}

export const areBalanced = (books: Books): boolean =>
  books.lost + books.doubled + books.miscounted + books.chargedWithoutGoods + books.goodsWithoutCharge + books.unsettled === 0;

export const describe = (books: Books): string =>
  `of ${books.acknowledged} acknowledged orders: lost ${books.lost}, doubled ${books.doubled}, stock wrong by ${books.miscounted}, ` +
  `charged without goods ${books.chargedWithoutGoods}` +
  (books.goodsWithoutCharge ? `, goods without charge ${books.goodsWithoutCharge}` : '') +
  (books.unsettled ? `, still pending ${books.unsettled}` : '');
