import type { Sql } from '@waymark/service-kit';

/** The state of an order's payment. */
export type Outcome = 'accepted' | 'declined' | 'refunded';

/** Counts an attempt to charge an order, and returns the outcome of an earlier attempt if there is one. */
export async function countCharge(sql: Sql, orderId: string, amountCents: number): Promise<{ attempts: number; outcome?: Outcome }> {
  const [payment] = await sql.query<{ attempts: number; outcome: Outcome | null }>(
    `insert into payments (order_id, amount_cents) values ($1, $2)
     on conflict (order_id) do update set attempts = payments.attempts + 1 returning attempts, outcome`,
    [orderId, amountCents],
  );
  if (!payment) throw new Error('the payment was not stored');
  return { attempts: payment.attempts, ...(payment.outcome && { outcome: payment.outcome }) };
}

/** Stores the outcome of a charge. An existing outcome stays. */
export async function settlePayment(sql: Sql, orderId: string, outcome: 'accepted' | 'declined'): Promise<void> {
  await sql.query('update payments set outcome = $2 where order_id = $1 and outcome is null', [orderId, outcome]);
}

/** Marks an accepted payment as refunded. Any other payment stays as it is. */
export async function refundPayment(sql: Sql, orderId: string): Promise<void> {
  await sql.query(`update payments set outcome = 'refunded' where order_id = $1 and outcome = 'accepted'`, [orderId]);
}
