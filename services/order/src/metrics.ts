import { meter } from '@waymark/tracing';
import { PAYMENT_OUTCOME } from './attributes.ts';

const shop = meter('@waymark/order');

const created = shop?.createCounter('shop.orders.created', { unit: '{order}', description: 'Orders that were stored.' });
const payments = shop?.createCounter('shop.payments', { unit: '{payment}', description: 'Attempts to charge an order, by their outcome.' });

/** What the payment provider may answer; `failed` if it does not answer. */
const OUTCOMES = ['accepted', 'declined', 'failed'] as const;

// A counter that is born at 1 is never seen to increase.
created?.add(0);
for (const outcome of OUTCOMES) payments?.add(0, { [PAYMENT_OUTCOME]: outcome });

export const countOrder = (): void => created?.add(1);

export const countPayment = (outcome: (typeof OUTCOMES)[number]): void => payments?.add(1, { [PAYMENT_OUTCOME]: outcome });
