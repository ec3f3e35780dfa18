import type { Order, PricedLine } from '@waymark/contracts';

/** An order as the service stores it. */
export interface StoredOrder extends Order {
  userId: string;
}

/** How an order ends that is not fulfilled: its status and the reason. */
export type Ending = { status: 'rejected' | 'dead_letter'; reason: NonNullable<Order['reason']> };

export const DECLINED: Ending = { status: 'rejected', reason: 'payment_declined' };
export const SOLD_OUT: Ending = { status: 'rejected', reason: 'reservation_lost' };
export const OVERDUE: Ending = { status: 'rejected', reason: 'fulfilment_overdue' };
export const GIVEN_UP: Ending = { status: 'dead_letter', reason: 'fulfilment_failed' };

/** Creates a pending order from lines with fixed prices. */
export function newOrder(id: string, userId: string, lines: PricedLine[]): Omit<StoredOrder, 'createdAt'> {
  return { id, userId, status: 'pending', lines, totalCents: totalCents(lines), currency: 'EUR' };
}

/** The sum of the lines, in cents. */
export function totalCents(lines: readonly PricedLine[]): number {
  return lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
}
