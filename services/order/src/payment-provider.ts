import { event, span } from '@waymark/tracing';
import type { Sql } from '@waymark/service-kit';
import { PAYMENT_AMOUNT, PAYMENT_OUTCOME } from './attributes.ts';
import { countCharge, refundPayment, settlePayment, type Outcome } from './payment-db.ts';

/** The provider did not answer. A retry is safe, because the provider charges an order only once. */
class ProviderFailed extends Error {
  override readonly name = 'ProviderFailed';
}

/**
 * Charges an order with a simulated payment provider. Like the test modes of real providers, it decides by the amount: it declines more than
 * 10,000.00, does not answer the first attempt for amounts that end in .97, never answers for amounts that end in .98, and accepts the rest.
 * For an order that it knows, it returns the state of the payment, including a refund.
 * @throws {ProviderFailed} if the provider does not answer
 */
export async function charge(sql: Sql, orderId: string, amountCents: number): Promise<Outcome> {
  return span(
    'charge payment',
    async (opened) => {
      const { attempts, outcome: earlier } = await countCharge(sql, orderId, amountCents);
      if (earlier) return earlier;
      if (amountCents % 100 === 98 || (amountCents % 100 === 97 && attempts === 1))
        throw new ProviderFailed('The payment provider did not answer');
      const outcome = amountCents > 1_000_000 ? 'declined' : 'accepted';
      await settlePayment(sql, orderId, outcome);
      opened.setAttribute(PAYMENT_OUTCOME, outcome);
      event(`payment ${outcome}`, { [PAYMENT_AMOUNT]: amountCents });
      return outcome;
    },
    { attributes: { [PAYMENT_AMOUNT]: amountCents } },
  );
}

/** Refunds an accepted payment, once. */
export async function refund(sql: Sql, orderId: string): Promise<void> {
  await span('refund payment', () => refundPayment(sql, orderId), { attributes: { [PAYMENT_OUTCOME]: 'refunded' } });
}
