import { event, span } from '@waymark/tracing';
import type { Sql } from '@waymark/service-kit';
import { PAYMENT_AMOUNT, PAYMENT_OUTCOME } from './attributes.ts';
import { countCharge, refundPayment, settlePayment, type Outcome } from './payment-db.ts';

/** No answer. Trying again is safe, because the provider charges an order once. */
class ProviderFailed extends Error {
  override readonly name = 'ProviderFailed';
}

/**
 * A simulated payment provider. As real ones do for tests, it acts by the amount: more than 10,000.00 is declined, an amount that ends
 * in .97 gets no answer at the first attempt, one that ends in .98 never gets one. The rest is accepted. Asked again about the same
 * order, it says what became of its payment, a refund included.
 * @throws {ProviderFailed} if no answer came
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

/** Gives the money of an accepted payment back, once. */
export async function refund(sql: Sql, orderId: string): Promise<void> {
  await span('refund payment', () => refundPayment(sql, orderId), { attributes: { [PAYMENT_OUTCOME]: 'refunded' } });
}
