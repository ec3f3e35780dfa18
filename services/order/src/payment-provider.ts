import { event, span } from '@waymark/tracing';
import { PAYMENT_AMOUNT, PAYMENT_OUTCOME } from './attributes.ts';
import { countPayment } from './metrics.ts';
import type { Parts } from './parts.ts';
import { countCharge, refundPayment, settlePayment, type Outcome } from './payment-db.ts';

/** The provider did not answer. A retry is safe, because the provider charges an order only once. */
class ProviderFailed extends Error {
  override readonly name = 'ProviderFailed';
}

/** A payment provider. */
export interface PaymentProvider {
  /** @throws {Error} if the provider does not answer */
  charge(payment: { amountCents: number; attempt: number }): Promise<'accepted' | 'declined'>;
}

/**
 * A simulated payment provider. Like the test modes of real providers, it decides by the amount: it declines more than 10,000.00, does not
 * answer the first attempt for amounts that end in .97, never answers for amounts that end in .98, and accepts the rest.
 */
export const simulatedProvider: PaymentProvider = {
  async charge({ amountCents, attempt }) {
    if (amountCents % 100 === 98 || (amountCents % 100 === 97 && attempt === 1))
      throw new ProviderFailed('The payment provider did not answer');
    return amountCents > 1_000_000 ? 'declined' : 'accepted';
  },
};

/**
 * Charges an order. If it was charged before, returns the state of the payment, including a refund.
 * @throws {Error} if the provider does not answer
 */
export async function charge({ db, payments }: Pick<Parts, 'db' | 'payments'>, orderId: string, amountCents: number): Promise<Outcome> {
  return span(
    'charge payment',
    async (opened) => {
      const { attempts, outcome: earlier } = await countCharge(db, orderId, amountCents);
      if (earlier) return earlier;
      const outcome = await payments.charge({ amountCents, attempt: attempts }).catch((error: unknown) => {
        countPayment('failed');
        throw error;
      });
      countPayment(outcome);
      await settlePayment(db, orderId, outcome);
      opened.setAttribute(PAYMENT_OUTCOME, outcome);
      event(`payment ${outcome}`, { [PAYMENT_AMOUNT]: amountCents });
      return outcome;
    },
    { attributes: { [PAYMENT_AMOUNT]: amountCents } },
  );
}

/** Refunds an accepted payment, once. */
export async function refund({ db }: Pick<Parts, 'db'>, orderId: string): Promise<void> {
  await span('refund payment', () => refundPayment(db, orderId), { attributes: { [PAYMENT_OUTCOME]: 'refunded' } });
}
