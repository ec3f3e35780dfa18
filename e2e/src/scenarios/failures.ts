import type { Answer } from '../shop/shopper.ts';
import { below } from './below.ts';
import { CHARGE, DECLINED, FULFILLED_ORDER, INTROSPECT, placed, RELEASE } from './parts.ts';
import type { Scenario } from './scenario.ts';
import { failingShop, OWN_SHOP, type FailedRequest } from './failing-shop.ts';

const answer = (name: FailedRequest) => async (): Promise<Answer> => (await failingShop())[name];

const REFUSED = 'ERROR error.type=ECONNREFUSED';
/** The direct caller of the failing service retries twice. Other callers do not retry. */
const thrice = (attempt: string): string => `${attempt}\n${attempt}\n${attempt}`;

const COMMIT_REJECTED = `
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

const RESERVATION_LOST = `
order CONSUMER process fulfil_order waymark.job.attempt=1
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, COMMIT_REJECTED)}
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

const RESERVATION_RENEWED = FULFILLED_ORDER.replace(
  /( +)inventory CLIENT SELECT graphile_worker.complete_jobs/,
  '$1inventory CLIENT SAVEPOINT\n$1inventory CLIENT UPDATE products',
);

const FAILED_RESERVATION = (path: string): string => `
order CLIENT POST ${path} 500 ERROR
  inventory SERVER POST ${path} 500 ERROR error.type=internal
    inventory CLIENT BEGIN
    inventory CLIENT SELECT reservations ERROR error.type=42P01
    inventory CLIENT ROLLBACK`;

const STOCK_NOT_RELEASED = DECLINED.replace(
  below(2, RELEASE),
  below(
    2,
    `
order CONSUMER process release_stock ERROR waymark.job.attempt=1 error.type=upstream_failed
${below(1, FAILED_RESERVATION('/reservations/{orderId}/release'))}
order INTERNAL dead-letter release_stock
  order CLIENT INSERT dead_letters`,
  ),
);

const STOCK_NOT_COMMITTED = `
order CONSUMER process fulfil_order ERROR waymark.job.attempt=1 error.type=upstream_failed
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, FAILED_RESERVATION('/reservations/{orderId}/commit'))}
order INTERNAL dead-letter fulfil_order
  order CLIENT INSERT dead_letters
  order CLIENT UPDATE orders`;

const ORDER_WITHOUT_INVENTORY = `
gateway CLIENT POST /orders 503 ERROR
  order SERVER POST /orders 503 ERROR error.type=upstream_unavailable
    order CLIENT INSERT placements
    order CLIENT SELECT orders
${below(2, thrice(`order CLIENT POST /reservations ${REFUSED}`))}`;

export const failures: Scenario[] = [
  {
    title: 'an order whose reservation expired and whose stock was sold is refunded and rejected',
    needs: OWN_SHOP,
    ask: answer('reservationLost'),
    status: 201,
    tree: placed(RESERVATION_LOST),
    spans: [{ name: 'refund payment', attributes: { 'shop.payment.outcome': 'refunded' } }],
  },
  {
    title: 'an order that renews its expired reservation',
    needs: OWN_SHOP,
    ask: answer('reservationRenewed'),
    status: 201,
    tree: RESERVATION_RENEWED,
  },
  {
    title: 'a release of stock that fails becomes a dead letter',
    needs: OWN_SHOP,
    ask: answer('stockNotReleased'),
    status: 201,
    tree: placed(STOCK_NOT_RELEASED),
  },
  {
    title: 'a paid order whose stock cannot be committed becomes a dead letter',
    needs: OWN_SHOP,
    ask: answer('stockNotCommitted'),
    status: 201,
    tree: placed(STOCK_NOT_COMMITTED),
  },
  {
    title: 'a request beyond the rate limit',
    needs: OWN_SHOP,
    ask: answer('rateLimited'),
    status: 429,
    body: { code: 'rate_limited' },
    headers: { 'retry-after': '1' },
    tree: 'gateway SERVER GET 429 waymark.problem.code=rate_limited',
  },
  {
    title: 'listing the products while inventory is down',
    needs: OWN_SHOP,
    ask: answer('productsWithoutInventory'),
    status: 503,
    body: { code: 'upstream_unavailable' },
    tree: `gateway SERVER GET /v1/products 503 ERROR error.type=upstream_unavailable\n${below(1, thrice(`gateway CLIENT GET /products ${REFUSED}`))}`,
  },
  {
    title: 'placing an order while inventory is down',
    needs: OWN_SHOP,
    ask: answer('orderWithoutInventory'),
    status: 503,
    body: { code: 'upstream_unavailable' },
    tree: `gateway SERVER POST /v1/orders 503 ERROR error.type=upstream_unavailable\n${below(1, INTROSPECT)}\n${below(1, ORDER_WITHOUT_INVENTORY)}`,
  },
  {
    title: 'listing the products while inventory hangs',
    needs: OWN_SHOP,
    ask: answer('inventoryTimeout'),
    status: 504,
    body: { code: 'deadline_exceeded' },
    completeness: 'unknown',
    tree: `
gateway SERVER GET /v1/products 504 ERROR error.type=deadline_exceeded
  gateway CLIENT GET /products ERROR error.type=TimeoutError`,
    spans: [{ kind: 'CLIENT', attributes: { 'waymark.peer.unknown': true } }],
  },
  {
    title: 'listing the user’s orders while auth is down',
    needs: OWN_SHOP,
    ask: answer('ordersWithoutAuth'),
    status: 503,
    body: { code: 'upstream_unavailable' },
    tree: `
gateway SERVER GET /v1/orders 503 ERROR error.type=upstream_unavailable
${below(1, thrice(`gateway CLIENT POST /introspections ${REFUSED}`))}`,
  },
];
