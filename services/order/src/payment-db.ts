import type { Sql } from '@waymark/service-kit';

/** Counts an attempt to charge an order, and gives the outcome if an earlier attempt had one. */
export async function countCharge(
  sql: Sql,
  orderId: string,
  amountCents: number,
): Promise<{ attempts: number; outcome?: 'accepted' | 'declined' }> {
  const [payment] = await sql.query<{ attempts: number; outcome: 'accepted' | 'declined' | null }>(
    `insert into payments (order_id, amount_cents) values ($1, $2)
     on conflict (order_id) do update set attempts = payments.attempts + 1 returning attempts, outcome`,
    [orderId, amountCents],
  );
  if (!payment) throw new Error('the payment was not stored');
  return { attempts: payment.attempts, ...(payment.outcome && { outcome: payment.outcome }) };
}

export async function settlePayment(sql: Sql, orderId: string, outcome: 'accepted' | 'declined' | 'refunded'): Promise<void> {
  await sql.query('update payments set outcome = $2 where order_id = $1', [orderId, outcome]);
}
