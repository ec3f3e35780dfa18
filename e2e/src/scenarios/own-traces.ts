import type { Scenario } from './scenario.ts';
import { failingShop, OWN_SHOP, type LinkedTrace } from './failing-shop.ts';

/** A trace that does not start with a request of a shopper, but with a job or a request of an operator. */
export interface OwnTrace extends Pick<Scenario, 'title' | 'tree' | 'needs'> {
  find(): Promise<LinkedTrace>;
}

const replayed = (job: string, queries: string, work: string): string => `
order SERVER POST /dead-letters/{messageId}/replay 201
  order CLIENT BEGIN
  order CLIENT UPDATE dead_letters${queries}
  order PRODUCER send ${job}
    order CLIENT SELECT graphile_worker.add_job
    order CONSUMER process ${job} waymark.job.attempt=1${work}
  order CLIENT COMMIT`;

export const ownTraces: OwnTrace[] = [
  {
    title: 'the batch that stores a log-in in the audit trail',
    needs: OWN_SHOP,
    find: async () => (await failingShop()).audit,
    tree: `
auth INTERNAL batch audit trail waymark.batch.items=1
  auth CLIENT INSERT audit_trail`,
  },
  {
    title: 'the expiry of a reservation that was not paid in time',
    needs: OWN_SHOP,
    find: async () => (await failingShop()).expiry,
    tree: `
inventory CONSUMER process expire_reservation waymark.job.attempt=1 waymark.job.trace_mode=link
  inventory CLIENT BEGIN
  inventory CLIENT UPDATE reservations
  inventory CLIENT SELECT reservation_lines
  inventory CLIENT UPDATE products
  inventory CLIENT COMMIT`,
  },
  {
    title: 'a stock report',
    needs: OWN_SHOP,
    find: async () => (await failingShop()).report,
    tree: `
inventory CONSUMER process report_stock waymark.job.attempt=1 waymark.batch.items=1
  inventory CLIENT BEGIN
  inventory CLIENT UPDATE reservations
  inventory CLIENT SELECT reservation_lines
  inventory PRODUCER send report_stock
    inventory CLIENT SELECT graphile_worker.add_job
  inventory CLIENT COMMIT`,
  },
  {
    title: 'an operator’s list of dead letters',
    needs: OWN_SHOP,
    find: async () => (await failingShop()).deadLetters,
    tree: 'order SERVER GET /dead-letters 200\n  order CLIENT SELECT dead_letters',
  },
  {
    title: 'the replay of a paid order whose fulfilment had failed: it is fulfilled without another charge',
    needs: OWN_SHOP,
    find: async () => (await failingShop()).replayedOrder,
    tree: replayed(
      'fulfil_order',
      '\n  order CLIENT UPDATE orders',
      `
      order CLIENT UPDATE orders
      order INTERNAL charge payment
        order CLIENT INSERT payments
      order CLIENT POST /reservations/{orderId}/commit 200
        inventory SERVER POST /reservations/{orderId}/commit 200
          inventory CLIENT BEGIN
          inventory CLIENT SELECT reservations
          inventory CLIENT SELECT reservations
          inventory CLIENT SAVEPOINT
          inventory CLIENT UPDATE products
          inventory CLIENT UPDATE reservations
          inventory CLIENT COMMIT
      order CLIENT UPDATE orders`,
    ),
  },
  {
    title: 'the replay of a failed release of stock',
    needs: OWN_SHOP,
    find: async () => (await failingShop()).replayedRelease,
    tree: replayed(
      'release_stock',
      '',
      `
      order CLIENT POST /reservations/{orderId}/release 200
        inventory SERVER POST /reservations/{orderId}/release 200
          inventory CLIENT BEGIN
          inventory CLIENT SELECT reservations
          inventory CLIENT SELECT reservations
          inventory CLIENT UPDATE reservations
          inventory CLIENT COMMIT`,
    ),
  },
];
