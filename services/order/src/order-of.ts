import type { Order } from '@waymark/contracts';
import { Problem, type Sql } from '@waymark/service-kit';
import { findOrder } from './order-db.ts';

/** Returns an order of this user. Returns 404 for another user's order, so that ids cannot be probed. */
export async function orderOf(sql: Sql, userId: string, orderId: string): Promise<Order> {
  const order = await findOrder(sql, orderId);
  if (order?.userId !== userId) throw new Problem(404, 'not_found', `You have no order ${orderId}.`);
  return order;
}
