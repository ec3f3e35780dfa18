import { below } from './below.ts';

/** Parts that many trees have in common, in the format of `toMatchTree`. */

export const INTROSPECT = `
gateway CLIENT POST /introspections 200
  auth SERVER POST /introspections 200
    auth CLIENT SELECT sessions
`;

export const RESERVE = `
order CLIENT POST /reservations 201
  inventory SERVER POST /reservations 201
    inventory CLIENT BEGIN
    inventory CLIENT INSERT reservations
    inventory CLIENT INSERT reservation_lines
    inventory CLIENT SELECT reservations
    inventory CLIENT SELECT reservations
    inventory CLIENT UPDATE products
    inventory PRODUCER send expire_reservation waymark.job.trace_mode=link
      inventory CLIENT SELECT graphile_worker.add_job
    inventory CLIENT COMMIT
`;

export const COMMIT = `
order CLIENT POST /reservations/{orderId}/commit 200
  inventory SERVER POST /reservations/{orderId}/commit 200
    inventory CLIENT BEGIN
    inventory CLIENT SELECT reservations
    inventory CLIENT SELECT reservations
    inventory CLIENT SELECT graphile_worker.complete_jobs
    inventory CLIENT UPDATE reservations
    inventory CLIENT COMMIT
`;

export const RELEASE = `
order CONSUMER process release_stock waymark.job.attempt=1
  order CLIENT POST /reservations/{orderId}/release 200
    inventory SERVER POST /reservations/{orderId}/release 200
      inventory CLIENT BEGIN
      inventory CLIENT SELECT reservations
      inventory CLIENT SELECT reservations
      inventory CLIENT SELECT graphile_worker.complete_jobs
      inventory CLIENT UPDATE products
      inventory CLIENT UPDATE reservations
      inventory CLIENT COMMIT
`;

export const CHARGE = `
order INTERNAL charge payment
  order CLIENT INSERT payments
  order CLIENT UPDATE payments
`;

/** The trace of an accepted order. `fulfilment` is the part of its job. */
export const placed = (fulfilment: string): string => `
gateway SERVER POST /v1/orders 201
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders 201
    order SERVER POST /orders 201
      order CLIENT INSERT placements
      order CLIENT SELECT orders
${below(3, RESERVE)}
      order CLIENT BEGIN
      order CLIENT INSERT orders
      order PRODUCER send fulfil_order
        order CLIENT SELECT graphile_worker.add_job
${below(4, fulfilment)}
      order CLIENT COMMIT`;

export const fulfilment = (attempt: number): string => `
order CONSUMER process fulfil_order waymark.job.attempt=${attempt}
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, COMMIT)}
  order CLIENT UPDATE orders`;

export const FULFILLED_ORDER = placed(fulfilment(1));

/** The trace of an order that inventory rejected. `queries` are the queries of inventory. */
export const refusedByInventory = (status: number, code: string, queries: string[]): string => `
gateway SERVER POST /v1/orders ${status} waymark.problem.code=${code}
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders ${status} ERROR
    order SERVER POST /orders ${status} waymark.problem.code=${code}
      order CLIENT INSERT placements
      order CLIENT SELECT orders
      order CLIENT POST /reservations ${status} ERROR
        inventory SERVER POST /reservations ${status} waymark.problem.code=${code}
${queries.map((query) => `          inventory CLIENT ${query}`).join('\n')}`;

const RESERVING = ['BEGIN', 'INSERT reservations', 'INSERT reservation_lines'];

export const OUT_OF_STOCK = refusedByInventory(409, 'out_of_stock', [
  ...RESERVING,
  'SELECT reservations',
  'SELECT reservations',
  'UPDATE products',
  'ROLLBACK',
]);

export const UNKNOWN_PRODUCT = refusedByInventory(422, 'unknown_product', [...RESERVING, 'ROLLBACK']);

export const failedAttempt = (attempt: number): string => `
order CONSUMER process fulfil_order ERROR waymark.job.attempt=${attempt} error.type=ProviderFailed
  order CLIENT UPDATE orders
  order INTERNAL charge payment ERROR error.type=ProviderFailed
    order CLIENT INSERT payments`;

export const DECLINED = `
order CONSUMER process fulfil_order waymark.job.attempt=1
  order CLIENT UPDATE orders
${below(1, CHARGE)}
  order CLIENT BEGIN
  order CLIENT UPDATE orders
  order PRODUCER send release_stock
    order CLIENT SELECT graphile_worker.add_job
${below(2, RELEASE)}
  order CLIENT COMMIT`;

export const LISTING = `
gateway SERVER GET /v1/products 200
  gateway CLIENT GET /products 200
    inventory SERVER GET /products 200
      inventory CLIENT SELECT products`;
