import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Answer, Shopper } from '../shop/shopper.ts';
import { below } from './below.ts';
import { FULFILLED_ORDER, INTROSPECT, OUT_OF_STOCK, UNKNOWN_PRODUCT } from './parts.ts';
import type { Scenario } from './scenario.ts';

type Line = { sku: string; quantity: number };
const placeLines = (shopper: Shopper, lines: Line[]): Promise<Answer> =>
  shopper.call('POST', '/v1/orders', { json: { lines }, headers: { 'idempotency-key': randomUUID() } });

export const placing: Scenario[] = [
  {
    title: 'placing an order that is fulfilled',
    ask: ({ demo }) => demo.place('desk-lamp', 2),
    status: 201,
    body: { status: 'pending', lines: [{ sku: 'desk-lamp', quantity: 2, unitPriceCents: 3900 }], totalCents: 7800, currency: 'EUR' },
    order: { status: 'fulfilled', totalCents: 7800 },
    tree: FULFILLED_ORDER,
    spans: [
      {
        service: 'order',
        kind: 'SERVER',
        attributes: { 'shop.order.id': /^[0-9a-f-]{36}$/ },
        events: [{ name: 'stock reserved' }, { name: 'order placed' }],
      },
      {
        kind: 'CONSUMER',
        attributes: { 'shop.order.id': /^[0-9a-f-]{36}$/, 'shop.order.status': 'fulfilled' },
        events: [{ name: 'order fulfilled' }],
      },
      {
        name: 'charge payment',
        attributes: { 'shop.payment.amount_cents': 7800, 'shop.payment.outcome': 'accepted' },
        events: [{ name: 'payment accepted', attributes: { 'shop.payment.amount_cents': 7800 } }],
      },
      { service: 'inventory', name: 'POST /reservations', events: [{ name: 'stock reserved' }] },
      { service: 'inventory', name: 'POST /reservations/{orderId}/commit', events: [{ name: 'stock committed' }] },
    ],
  },
  {
    title: 'placing an order of two products, with one stock query each',
    ask: ({ demo }) =>
      placeLines(demo, [
        { sku: 'trail-map', quantity: 1 },
        { sku: 'field-notebook', quantity: 3 },
      ]),
    status: 201,
    body: { status: 'pending', lines: [{ quantity: 1 }, { quantity: 3 }] },
    order: { status: 'fulfilled' },
    tree: FULFILLED_ORDER.replace('inventory CLIENT UPDATE products', (line) => `${line}\n          ${line}`),
  },
  {
    title: 'placing an order beyond the stock',
    ask: ({ demo }) => demo.place('desk-lamp', 999),
    status: 409,
    body: { code: 'out_of_stock' },
    tree: OUT_OF_STOCK,
  },
  {
    title: 'placing an order for an unknown product',
    ask: ({ demo }) => demo.place('no-such-thing'),
    status: 422,
    body: { code: 'unknown_product' },
    tree: UNKNOWN_PRODUCT,
  },
  {
    title: 'placing an order again with the same key',
    async ask({ demo }) {
      const key = randomUUID();
      const first = await demo.place('trail-map', 1, key);
      await demo.ended(first.body.id);
      return demo.place('trail-map', 1, key);
    },
    status: 201,
    body: { status: 'fulfilled' },
    tree: `
gateway SERVER POST /v1/orders 201
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders 201
    order SERVER POST /orders 201
      order CLIENT INSERT placements
      order CLIENT SELECT orders`,
  },
  {
    title: 'placing another order with the same key',
    async ask({ demo }) {
      const key = randomUUID();
      await demo.place('trail-map', 1, key);
      return demo.place('trail-map', 2, key);
    },
    status: 422,
    body: { code: 'idempotency_key_reused' },
    tree: `
gateway SERVER POST /v1/orders 422 waymark.problem.code=idempotency_key_reused
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders 422 ERROR
    order SERVER POST /orders 422 waymark.problem.code=idempotency_key_reused
      order CLIENT INSERT placements`,
  },
  {
    title: 'placing an order with an invalid token',
    ask: ({ anonymous }) =>
      anonymous.call('POST', '/v1/orders', {
        json: { lines: [{ sku: 'tea-pot', quantity: 1 }] },
        headers: { 'idempotency-key': randomUUID(), authorization: `Bearer ${'x'.repeat(43)}` },
      }),
    status: 401,
    body: { code: 'unauthenticated', detail: expect.any(String) },
    tree: `gateway SERVER POST /v1/orders 401 waymark.problem.code=unauthenticated\n${below(1, INTROSPECT)}`,
  },
];
