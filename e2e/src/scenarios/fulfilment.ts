import { DECLINED, failedAttempt, fulfilment as fulfilled, placed } from './parts.ts';
import type { Scenario } from './scenario.ts';
import { MAX_ATTEMPTS } from '../shop/settings.ts';

export const fulfilment: Scenario[] = [
  {
    title: 'an order whose payment is declined is rejected, and its stock is released',
    ask: ({ demo }) => demo.place('grand-piano'),
    status: 201,
    order: { status: 'rejected', reason: 'payment_declined' },
    tree: placed(DECLINED),
    spans: [
      { name: 'charge payment', attributes: { 'shop.payment.outcome': 'declined' } },
      { name: 'process fulfil_order', attributes: { 'shop.order.status': 'rejected' } },
    ],
  },
  {
    title: 'an order whose payment fails once is retried: its trace has both attempts, and the payment is charged once',
    ask: ({ demo }) => demo.place('lucky-postcard'),
    status: 201,
    order: { status: 'fulfilled' },
    tree: placed(failedAttempt(1) + fulfilled(2)),
    spans: [
      {
        name: 'charge payment',
        status: 'ERROR',
        events: [{ name: 'exception', attributes: { 'exception.type': 'ProviderFailed', 'exception.message': /did not answer/ } }],
      },
      { name: 'process fulfil_order', status: 'ERROR', attributes: { 'waymark.job.next_attempt': 2 } },
    ],
  },
  {
    title: 'an order whose payment always fails ends as a dead letter',
    needs: MAX_ATTEMPTS,
    ask: ({ demo }) => demo.place('lost-postcard'),
    status: 201,
    order: { status: 'dead_letter', reason: 'fulfilment_failed' },
    tree: placed(`${failedAttempt(1)}${failedAttempt(2)}
order INTERNAL dead-letter fulfil_order
  order CLIENT INSERT dead_letters
  order CLIENT UPDATE orders`),
    spans: [{ name: 'process fulfil_order', attributes: { 'waymark.job.attempt': 2, 'waymark.job.dead_letter': true } }],
  },
];
