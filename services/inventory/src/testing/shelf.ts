import type { Line } from '@waymark/contracts';
import type { Database } from '@waymark/service-kit';

/** The products of the tests and their initial stock. */
export const STOCK: Readonly<Record<string, number>> = { bell: 5, lamp: 3, stool: 1 };

/** Deletes all reservations and jobs and restores the initial stock. */
export async function refill(db: Database): Promise<void> {
  await db.query('delete from graphile_worker._private_jobs');
  await db.query('delete from reservation_lines');
  await db.query('delete from reservations');
  await db.query('delete from products');
  await db.query(
    `insert into products (sku, name, price_cents, position, available)
     select sku, sku, 100, position, stock from unnest($1::text[], $2::int[]) with ordinality as product (sku, stock, position)`,
    [Object.keys(STOCK), Object.values(STOCK)],
  );
}

/** Sets the stock of a product. */
export async function restock(db: Database, sku: string, available: number): Promise<void> {
  await db.query('update products set available = $2 where sku = $1', [sku, available]);
}

/** Returns the available stock by SKU. */
export async function available(db: Database): Promise<Record<string, number>> {
  const rows = await db.query<{ sku: string; available: number }>('select sku, available from products order by sku');
  return Object.fromEntries(rows.map(({ sku, available }) => [sku, available]));
}

/** Returns the held and sold stock by SKU, from the reservations. */
export async function taken(db: Database): Promise<Record<string, number>> {
  const rows = await db.query<{ sku: string; taken: number }>(
    `select sku, coalesce(sum(quantity) filter (where status in ('held', 'committed')), 0)::int as taken
     from products left join reservation_lines using (sku) left join reservations using (order_id) group by sku`,
  );
  return Object.fromEntries(rows.map(({ sku, taken }) => [sku, taken]));
}

/** Makes the reservation of one order, or all reservations, expired. */
export async function letTimePass(db: Database, orderId?: string): Promise<void> {
  await db.query(`update reservations set expires_at = now() - interval '1 second' where order_id = coalesce($1, order_id)`, [
    orderId ?? null,
  ]);
}

export const lines = (quantities: Readonly<Record<string, number>>): Line[] =>
  Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }));
