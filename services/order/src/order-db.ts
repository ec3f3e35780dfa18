import { randomUUID } from 'node:crypto';
import type { Order, OrderStatus, PricedLine } from '@waymark/contracts';
import { deleteWhere, type Sql } from '@waymark/service-kit';
import type { Ending, StoredOrder } from './order.ts';

interface Row {
  id: string;
  user_id: string;
  status: OrderStatus;
  reason: Order['reason'] | null;
  lines: PricedLine[];
  total_cents: number;
  currency: 'EUR';
  created_at: Date;
  trace_id: string | null;
}

const COLUMNS = 'id, user_id, status, reason, lines, total_cents, currency, created_at, trace_id';

function toOrder(row: Row): StoredOrder {
  return {
    id: row.id,
    userId: row.user_id,
    status: row.status,
    ...(row.reason && { reason: row.reason }),
    lines: row.lines,
    totalCents: row.total_cents,
    currency: row.currency,
    createdAt: row.created_at.toISOString(),
    ...(row.trace_id && { traceId: row.trace_id }),
  };
}

/**
 * Returns the order id of a user's idempotency key, and whether the key was first used for the same request. The id is created at the first
 * use of the key, and again after the placement was abandoned.
 */
export async function claimPlacement(
  sql: Sql,
  userId: string,
  key: string,
  requestHash: Buffer,
): Promise<{ orderId: string; sameRequest: boolean }> {
  const [placement] = await sql.query<{ order_id: string; same: boolean }>(
    // If nothing was abandoned, the update changes nothing but makes the statement return the existing row.
    `insert into placements as earlier (user_id, key, order_id, request_hash) values ($1, $2, $3, $4)
     on conflict (user_id, key) do update set
       order_id = case when earlier.abandoned then excluded.order_id else earlier.order_id end, abandoned = false
     returning order_id, request_hash = $4 as same`,
    [userId, key, randomUUID(), requestHash],
  );
  if (!placement) throw new Error('the idempotency key was not stored');
  return { orderId: placement.order_id, sameRequest: placement.same };
}

/**
 * Inserts a new order that must be fulfilled within the given time. Undefined if another request has stored it in the meantime or has
 * abandoned its placement.
 */
export async function insertOrder(
  tx: Sql,
  order: Omit<StoredOrder, 'createdAt'>,
  fulfilWithinSeconds: number,
): Promise<StoredOrder | undefined> {
  const [row] = await tx.query<Row>(
    `with placement as (select from placements where order_id = $1 and not abandoned for share)
     insert into orders (id, user_id, status, lines, total_cents, currency, fulfil_by, trace_id)
     select $1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), $8 from placement
     on conflict do nothing returning ${COLUMNS}`,
    [
      order.id,
      order.userId,
      order.status,
      JSON.stringify(order.lines),
      order.totalCents,
      order.currency,
      fulfilWithinSeconds,
      order.traceId,
    ],
  );
  return row && toOrder(row);
}

/** Abandons a placement whose order was not stored; false if the order exists or the placement was abandoned before. */
export async function abandonPlacement(tx: Sql, orderId: string): Promise<boolean> {
  // A separate statement takes the lock, so that the next statement sees the order of a request that held the lock before.
  await tx.query('select from placements where order_id = $1 for update', [orderId]);
  const abandoned = await tx.query(
    `update placements set abandoned = true
     where order_id = $1 and not abandoned and not exists (select from orders where id = $1) returning order_id`,
    [orderId],
  );
  return abandoned.length > 0;
}

/** Removes idempotency keys a week after their first use. */
export async function prunePlacements(sql: Sql): Promise<void> {
  await deleteWhere(sql, 'placements', `claimed_at < now() - interval '7 days'`);
}

export async function findOrder(sql: Sql, id: string): Promise<StoredOrder | undefined> {
  const [row] = await sql.query<Row>(`select ${COLUMNS} from orders where id = $1`, [id]);
  return row && toOrder(row);
}

/** Lists a user's orders, newest first, after the last order of the previous page. */
export async function listOrders(sql: Sql, userId: string, limit: number, before?: string): Promise<StoredOrder[]> {
  const rows = await sql.query<Row>(
    `select ${COLUMNS} from orders where user_id = $1
       and ($3::uuid is null or (created_at, id) < (select created_at, id from orders where id = $3 and user_id = $1))
     order by created_at desc, id desc limit $2`,
    [userId, limit, before],
  );
  return rows.map(toOrder);
}

/** Marks that the payment has started, so that the order can no longer be cancelled. Undefined if the order is no longer pending; `overdue` if its time is over. */
export async function startPayment(sql: Sql, id: string): Promise<{ order: StoredOrder; overdue: boolean } | undefined> {
  const [row] = await sql.query<Row & { overdue: boolean }>(
    `update orders set payment_started = true where id = $1 and status = 'pending'
     returning ${COLUMNS}, coalesce(fulfil_by < now(), false) as overdue`,
    [id],
  );
  return row && { order: toOrder(row), overdue: row.overdue };
}

/** Marks a paid order with committed stock as fulfilled, even if it has become a dead letter in the meantime. */
export async function fulfil(sql: Sql, id: string): Promise<void> {
  await sql.query(`update orders set status = 'fulfilled', reason = null where id = $1 and status in ('pending', 'dead_letter')`, [id]);
}

/** Ends a pending order that is not fulfilled; false if it had ended before. */
export async function endOrder(sql: Sql, id: string, { status, reason }: Ending): Promise<boolean> {
  const ended = await sql.query(`update orders set status = $2, reason = $3 where id = $1 and status = 'pending' returning id`, [
    id,
    status,
    reason,
  ]);
  return ended.length > 0;
}

/** Makes a dead-letter order pending again. It must be fulfilled within the given time. */
export async function reviveOrder(tx: Sql, id: string, fulfilWithinSeconds: number): Promise<void> {
  await tx.query(
    `update orders set status = 'pending', reason = null, fulfil_by = now() + make_interval(secs => $2)
     where id = $1 and status = 'dead_letter'`,
    [id, fulfilWithinSeconds],
  );
}

/** Cancels a pending order whose payment has not started; false if it is not pending or the payment has started. */
export async function cancelPending(sql: Sql, id: string): Promise<boolean> {
  const cancelled = await sql.query(
    `update orders set status = 'cancelled' where id = $1 and status = 'pending' and not payment_started returning id`,
    [id],
  );
  return cancelled.length > 0;
}
