import { below } from './sketch.ts';

/** Parts that many traces have, as `sketch` writes them. */

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
    inventory CLIENT COMMIT
`;

export const COMMIT = `
order CLIENT POST /reservations/{orderId}/commit 200
  inventory SERVER POST /reservations/{orderId}/commit 200
    inventory CLIENT BEGIN
    inventory CLIENT SELECT reservations
    inventory CLIENT SELECT reservations
    inventory CLIENT UPDATE reservations
    inventory CLIENT COMMIT
`;

export const RELEASE = `
order CONSUMER process release_stock attempt 1
  order CLIENT POST /reservations/{orderId}/release 200
    inventory SERVER POST /reservations/{orderId}/release 200
      inventory CLIENT BEGIN
      inventory CLIENT SELECT reservations
      inventory CLIENT SELECT reservations
      inventory CLIENT UPDATE products
      inventory CLIENT UPDATE reservations
      inventory CLIENT COMMIT
`;

export const CHARGE = `
order INTERNAL charge payment
  order CLIENT INSERT payments
  order CLIENT UPDATE payments
`;

/** The trace of an order that was accepted, with what its job did. */
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
order CONSUMER process fulfil_order attempt ${attempt}
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, COMMIT)}
  order CLIENT UPDATE orders`;

export const FULFILLED_ORDER = placed(fulfilment(1));

/** The trace of an order that inventory refused, with the queries that came before. */
export const refusedByInventory = (refusal: string, queries: string[]): string => `
gateway SERVER POST /v1/orders ${refusal}
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders ${refusal.slice(0, 3)} ERROR
    order SERVER POST /orders ${refusal}
      order CLIENT INSERT placements
      order CLIENT SELECT orders
      order CLIENT POST /reservations ${refusal.slice(0, 3)} ERROR
        inventory SERVER POST /reservations ${refusal}
${queries.map((query) => `          inventory CLIENT ${query}`).join('\n')}`;

export const OUT_OF_STOCK = refusedByInventory('409 out_of_stock', [
  'BEGIN',
  'INSERT reservations',
  'INSERT reservation_lines',
  'SELECT reservations',
  'SELECT reservations',
  'UPDATE products',
  'ROLLBACK',
]);
