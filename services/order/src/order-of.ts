import type { Order } from '@waymark/contracts';
import { Problem, type Sql } from '@waymark/service-kit';
import { findOrder } from './order-db.ts';

/** An order of this user. Another user's order is as much not there as one that never was. */
export async function orderOf(sql: Sql, userId: string, orderId: string): Promise<Order> {
  const order = await findOrder(sql, orderId);
  if (order?.userId !== userId) throw new Problem(404, 'not_found', `You have no order ${orderId}.`);
  return order;
}
