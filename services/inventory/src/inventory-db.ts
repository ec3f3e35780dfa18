import type { Line, PricedLine, Product, Reservation } from '@waymark/contracts';
import { deleteWhere, Problem, type Sql } from '@waymark/service-kit';
import type { Carrier } from '@waymark/tracing';

const PRODUCT = `select sku, name, price_cents as "priceCents", 'EUR' as currency, available from products`;

export async function listProducts(sql: Sql): Promise<Product[]> {
  return sql.query(`${PRODUCT} order by position`);
}

export async function findProduct(sql: Sql, sku: string): Promise<Product | undefined> {
  const [product] = await sql.query<Product>(`${PRODUCT} where sku = $1`, [sku]);
  return product;
}

/** Starts to listen for the SKUs of new products, as notifications to this connection. */
export async function listenForProducts(connection: Sql): Promise<void> {
  await connection.query('listen product_added');
}

export async function countProducts(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: number }>('select count(*)::int as count from products');
  return row?.count ?? 0;
}

/** The next SKUs after this one. */
export async function nextSkus(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await sql.query<{ sku: string }>('select sku from products where sku > $1 order by sku limit $2', [after, limit]);
  return rows.map(({ sku }) => sku);
}

/** The products of which there are the fewest. */
export async function scarcestProducts(sql: Sql, limit: number): Promise<Pick<Product, 'sku' | 'available'>[]> {
  return sql.query('select sku, available from products order by available, sku limit $1', [limit]);
}

/** Takes from a product's stock and returns what is left; undefined if there is not enough. */
export async function takeStock(tx: Sql, sku: string, quantity: number): Promise<number | undefined> {
  const [row] = await tx.query<{ available: number }>(
    'update products set available = available - $2 where sku = $1 and available >= $2 returning available',
    [sku, quantity],
  );
  return row?.available;
}

/** Adds to a product's stock. */
export async function returnStock(tx: Sql, sku: string, quantity: number): Promise<void> {
  await tx.query('update products set available = available + $2 where sku = $1', [sku, quantity]);
}

/** Inserts an order's reservation at the current prices; false if the order already has one. Waits for a concurrent request that makes one. */
export async function insertReservation(tx: Sql, orderId: string, lines: readonly Line[], ttlSeconds: number): Promise<boolean> {
  const inserted = await tx.query(
    `insert into reservations (order_id, status, expires_at) values ($1, 'held', now() + make_interval(secs => $2))
     on conflict do nothing returning order_id`,
    [orderId, ttlSeconds],
  );
  if (inserted.length === 0) return false;
  const stored = await tx.query<{ sku: string }>(
    `insert into reservation_lines (order_id, position, sku, quantity, unit_price_cents)
     select $1, line.position, sku, line.quantity, price_cents
     from unnest($2::text[], $3::int[]) with ordinality as line (sku, quantity, position) join products using (sku)
     returning sku`,
    [orderId, lines.map(({ sku }) => sku), lines.map(({ quantity }) => quantity)],
  );
  const unknown = lines.find(({ sku }) => !stored.some((line) => line.sku === sku));
  if (unknown) throw new Problem(422, 'unknown_product', `The product "${unknown.sku}" does not exist.`);
  return true;
}

interface Row {
  status: Reservation['status'];
  expires_at: Date;
  lines: PricedLine[];
}

const RESERVATION = `select status, expires_at, (
    select json_agg(json_build_object('sku', sku, 'quantity', quantity, 'unitPriceCents', unit_price_cents) order by position)
    from reservation_lines lines where lines.order_id = reservations.order_id
  ) as lines from reservations where order_id = $1`;

export async function findReservation(sql: Sql, orderId: string): Promise<Reservation | undefined> {
  const [row] = await sql.query<Row>(RESERVATION, [orderId]);
  return row && { orderId, status: row.status, lines: row.lines, currency: 'EUR', expiresAt: row.expires_at.toISOString() };
}

/** Finds an order's reservation and locks it until the transaction ends. */
export async function lockReservation(tx: Sql, orderId: string): Promise<Reservation | undefined> {
  const locked = await tx.query('select from reservations where order_id = $1 for update', [orderId]);
  // A reservation that was inserted after the locking statement is not locked, so it must not be used.
  return locked.length > 0 ? findReservation(tx, orderId) : undefined;
}

export async function setStatus(tx: Sql, reservation: Reservation, status: Reservation['status']): Promise<Reservation> {
  await tx.query('update reservations set status = $2 where order_id = $1', [reservation.orderId, status]);
  return { ...reservation, status };
}

/** Commits a reservation and stores the time and the trace. */
export async function setCommitted(tx: Sql, reservation: Reservation, soldIn: Carrier): Promise<Reservation> {
  await tx.query(`update reservations set status = 'committed', sold_at = now(), sold_in = $2 where order_id = $1`, [
    reservation.orderId,
    JSON.stringify(soldIn),
  ]);
  return { ...reservation, status: 'committed' };
}

/** Renews an expired reservation. */
export async function renew(tx: Sql, reservation: Reservation, ttlSeconds: number): Promise<Reservation> {
  const [row] = await tx.query<{ expires_at: Date }>(
    `update reservations set status = 'held', expires_at = now() + make_interval(secs => $2) where order_id = $1 returning expires_at`,
    [reservation.orderId, ttlSeconds],
  );
  return { ...reservation, status: 'held', expiresAt: row?.expires_at.toISOString() ?? reservation.expiresAt };
}

/** Expires an order's reservation; false if it is not due or has ended. */
export async function expireIfDue(tx: Sql, orderId: string): Promise<boolean> {
  const expired = await tx.query(
    `update reservations set status = 'expired' where order_id = $1 and status = 'held' and expires_at <= now() returning order_id`,
    [orderId],
  );
  return expired.length > 0;
}

/** Marks at most a thousand sales as reported and returns them, newest first: the order, and the carrier of the trace that committed it. */
export async function takeSold(tx: Sql): Promise<{ orderId: string; soldIn: Carrier }[]> {
  const sold = await tx.query<{ orderId: string; soldIn: Carrier; soldAt: Date | null }>(
    `update reservations set reported_at = now() where order_id in (
       select order_id from reservations where status = 'committed' and reported_at is null order by sold_at limit 1000 for update skip locked
     ) returning order_id as "orderId", sold_in as "soldIn", sold_at as "soldAt"`,
  );
  return sold.toSorted((a, b) => Number(b.soldAt) - Number(a.soldAt));
}

/** Removes reservations 30 days after they ended, and sales only after they are reported. Nobody needs them by then, because an order is fulfilled or rejected within hours. */
export async function pruneReservations(sql: Sql): Promise<void> {
  await deleteWhere(
    sql,
    'reservations',
    `status <> 'held' and expires_at < now() - interval '30 days' and (status <> 'committed' or reported_at is not null)`,
  );
}

/** Returns the quantities that the orders reserved, by product. */
export async function linesOf(sql: Sql, orderIds: readonly string[]): Promise<Line[]> {
  return sql.query('select sku, sum(quantity)::int as quantity from reservation_lines where order_id = any($1) group by sku', [orderIds]);
}
