import type { Answer } from '../shop/shopper.ts';
import { below } from './below.ts';
import { CHARGE, DECLINED, FULFILLED_ORDER, INTROSPECT, placed, RELEASE } from './parts.ts';
import type { Scenario } from './scenario.ts';
import { OWN_SHOP, story, type Asked } from './story.ts';

const of = (what: Asked) => async (): Promise<Answer> => (await story())[what];

const REFUSED = 'ERROR error.type=ECONNREFUSED';
/** The service next to the failure retries twice; those before it do not. */
const thrice = (attempt: string): string => `${attempt}\n${attempt}\n${attempt}`;

const COMMIT_LOST = `
order CLIENT POST /reservations/{orderId}/commit 409 ERROR
  inventory SERVER POST /reservations/{orderId}/commit 409 waymark.problem.code=reservation_lost
    inventory CLIENT BEGIN
    inventory CLIENT SELECT reservations
    inventory CLIENT SELECT reservations
    inventory CLIENT SAVEPOINT
    inventory CLIENT UPDATE products
    inventory CLIENT ROLLBACK TO SAVEPOINT
    inventory CLIENT UPDATE reservations
    inventory CLIENT COMMIT`;

const LOST = `
order CONSUMER process fulfil_order waymark.job.attempt=1
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, COMMIT_LOST)}
  order INTERNAL refund payment
    order CLIENT UPDATE payments
  order CLIENT BEGIN
  order CLIENT UPDATE orders
  order PRODUCER send release_stock
    order CLIENT SELECT graphile_worker.add_job
    order CONSUMER process release_stock waymark.job.attempt=1
      order CLIENT POST /reservations/{orderId}/release 200
        inventory SERVER POST /reservations/{orderId}/release 200
          inventory CLIENT BEGIN
          inventory CLIENT SELECT reservations
          inventory CLIENT SELECT reservations
          inventory CLIENT COMMIT
  order CLIENT COMMIT`;

const TAKEN_AGAIN = FULFILLED_ORDER.replace(
  /( +)inventory CLIENT SELECT graphile_worker.complete_jobs/,
  '$1inventory CLIENT SAVEPOINT\n$1inventory CLIENT UPDATE products',
);

const BROKEN = (path: string): string => `
order CLIENT POST ${path} 500 ERROR
  inventory SERVER POST ${path} 500 ERROR error.type=internal
    inventory CLIENT BEGIN
    inventory CLIENT SELECT reservations ERROR error.type=42P01
    inventory CLIENT ROLLBACK`;

const UNRELEASED = DECLINED.replace(
  below(2, RELEASE),
  below(
    2,
    `
order CONSUMER process release_stock ERROR waymark.job.attempt=1 error.type=upstream_failed
${below(1, BROKEN('/reservations/{orderId}/release'))}
order INTERNAL dead-letter release_stock
  order CLIENT INSERT dead_letters`,
  ),
);

const UNCOMMITTED = `
order CONSUMER process fulfil_order ERROR waymark.job.attempt=1 error.type=upstream_failed
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, BROKEN('/reservations/{orderId}/commit'))}
order INTERNAL dead-letter fulfil_order
  order CLIENT INSERT dead_letters
  order CLIENT UPDATE orders`;

const UNPLACED = `
gateway CLIENT POST /orders 503 ERROR
  order SERVER POST /orders 503 ERROR error.type=upstream_unavailable
    order CLIENT INSERT placements
    order CLIENT SELECT orders
${below(2, thrice(`order CLIENT POST /reservations ${REFUSED}`))}`;

export const trouble: Scenario[] = [
  {
    title: 'an order whose stock was held too long and sold to another is refunded and rejected',
    needs: OWN_SHOP,
    ask: of('lost'),
    status: 201,
    tree: placed(LOST),
    spans: [{ name: 'refund payment', attributes: { 'shop.payment.outcome': 'refunded' } }],
  },
  {
    title: 'an order that takes up a reservation that had expired',
    needs: OWN_SHOP,
    ask: of('taker'),
    status: 201,
    tree: TAKEN_AGAIN,
  },
  {
    title: 'stock that cannot be given back becomes a dead letter that one can see',
    needs: OWN_SHOP,
    ask: of('buried'),
    status: 201,
    tree: placed(UNRELEASED),
  },
  {
    title: 'an order that was paid, and whose stock could not be committed, becomes a dead letter',
    needs: OWN_SHOP,
    ask: of('charged'),
    status: 201,
    tree: placed(UNCOMMITTED),
  },
  {
    title: 'one request too many',
    needs: OWN_SHOP,
    ask: of('limited'),
    status: 429,
    body: { code: 'rate_limited' },
    headers: { 'retry-after': '1' },
    tree: 'gateway SERVER GET 429 waymark.problem.code=rate_limited',
  },
  {
    title: 'listing the products while inventory is dead',
    needs: OWN_SHOP,
    ask: of('unreachable'),
    status: 503,
    body: { code: 'upstream_unavailable' },
    tree: `gateway SERVER GET /v1/products 503 ERROR error.type=upstream_unavailable\n${below(1, thrice(`gateway CLIENT GET /products ${REFUSED}`))}`,
  },
  {
    title: 'placing an order while inventory is dead',
    needs: OWN_SHOP,
    ask: of('unplaced'),
    status: 503,
    body: { code: 'upstream_unavailable' },
    tree: `gateway SERVER POST /v1/orders 503 ERROR error.type=upstream_unavailable\n${below(1, INTROSPECT)}\n${below(1, UNPLACED)}`,
  },
  {
    title: 'listing the products while inventory does not answer in time',
    needs: OWN_SHOP,
    ask: of('slow'),
    status: 504,
    body: { code: 'deadline_exceeded' },
    completeness: 'unknown',
    tree: `
gateway SERVER GET /v1/products 504 ERROR error.type=deadline_exceeded
  gateway CLIENT GET /products ERROR error.type=TimeoutError`,
    spans: [{ kind: 'CLIENT', attributes: { 'waymark.peer.unknown': true } }],
  },
  {
    title: 'listing one’s orders while auth is dead',
    needs: OWN_SHOP,
    ask: of('stranded'),
    status: 503,
    body: { code: 'upstream_unavailable' },
    tree: `
gateway SERVER GET /v1/orders 503 ERROR error.type=upstream_unavailable
${below(1, thrice(`gateway CLIENT POST /introspections ${REFUSED}`))}`,
  },
];
