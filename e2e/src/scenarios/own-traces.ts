import type { Scenario } from './scenario.ts';
import { OWN_SHOP, story, type Own } from './story.ts';

/** A trace that no shopper began: of a job that has its own, or of what an operator asks for. */
export interface OwnTrace extends Pick<Scenario, 'title' | 'tree' | 'needs'> {
  /** Its id, and those of the traces that it must be linked to. */
  find(): Promise<Own>;
}

const replayed = (job: string, revival: string, work: string): string => `
order SERVER POST /dead-letters/{messageId}/replay 201
  order CLIENT BEGIN
  order CLIENT UPDATE dead_letters${revival}
  order PRODUCER send ${job}
    order CLIENT SELECT graphile_worker.add_job
    order CONSUMER process ${job} waymark.job.attempt=1${work}
  order CLIENT COMMIT`;

export const ownTraces: OwnTrace[] = [
  {
    title: 'the batch that stores a log-in in the audit trail',
    needs: OWN_SHOP,
    find: async () => (await story()).audit,
    tree: `
auth INTERNAL batch audit trail waymark.batch.items=1
  auth CLIENT INSERT audit_trail`,
  },
  {
    title: 'the expiry of a reservation that nobody paid in time',
    needs: OWN_SHOP,
    find: async () => (await story()).expiry,
    tree: `
inventory CONSUMER process expire_reservation waymark.job.attempt=1 waymark.job.trace_mode=link
  inventory CLIENT BEGIN
  inventory CLIENT UPDATE reservations
  inventory CLIENT SELECT reservation_lines
  inventory CLIENT UPDATE products
  inventory CLIENT COMMIT`,
  },
  {
    title: 'a stock report, about all that was sold since the last',
    needs: OWN_SHOP,
    find: async () => (await story()).report,
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
    find: async () => (await story()).listing,
    tree: 'order SERVER GET /dead-letters 200\n  order CLIENT SELECT dead_letters',
  },
  {
    title: 'the replay of an order that was given up after it was paid: it is fulfilled, and the money is not taken again',
    needs: OWN_SHOP,
    find: async () => (await story()).replayedOrder,
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
    title: 'the replay of a release of stock that had failed',
    needs: OWN_SHOP,
    find: async () => (await story()).replayedRelease,
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
