import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FULFILLED_ORDER, INTROSPECT, OUT_OF_STOCK, refusedByInventory } from './testing/parts.ts';
import type { Shopper } from './testing/shopper.ts';
import { below } from './testing/sketch.ts';
import { startTracedShop, type TracedShop } from './testing/traced-shop.ts';

let traced: TracedShop;
let demo: Shopper;

beforeAll(async () => {
  traced = await startTracedShop();
  demo = traced.shopper();
  await demo.logIn();
}, 60_000);
afterAll(async () => traced?.[Symbol.asyncDispose]());

test('an order is one trace, from the gateway through all services to its fulfilment', async () => {
  const before = await demo.available('desk-lamp');
  const answer = await demo.place('desk-lamp', 2);
  expect(answer).toMatchObject({
    status: 201,
    body: { status: 'pending', lines: [{ sku: 'desk-lamp', quantity: 2, unitPriceCents: 3900 }], totalCents: 7800, currency: 'EUR' },
  });
  expect(await demo.ended(answer.body.id)).toEqual({ ...answer.body, status: 'fulfilled' });
  expect(await demo.available('desk-lamp')).toBe(before - 2);
  await traced.expectTrace(answer, FULFILLED_ORDER);
});

test('the job’s two ends agree on the message', async () => {
  const answer = await demo.place('field-notebook');
  await demo.ended(answer.body.id);
  const { spans } = await traced.expectTrace(answer, FULFILLED_ORDER);
  const sent = spans.find(({ kind }) => kind === 'PRODUCER');
  const worked = spans.find(({ kind }) => kind === 'CONSUMER');
  expect(sent?.attributes).toMatchObject({
    'messaging.system': 'graphile_worker',
    'messaging.destination.name': 'fulfil_order',
    'messaging.operation.type': 'send',
  });
  expect(worked?.attributes).toMatchObject({
    'messaging.operation.type': 'process',
    'messaging.message.id': sent?.attributes['messaging.message.id'],
    'shop.order.id': answer.body.id,
    'shop.order.status': 'fulfilled',
  });
  expect(worked?.parentSpanId).toBe(sent?.spanId);
});

test('an order beyond the stock is refused, and its trace says why', async () => {
  const answer = await demo.place('desk-lamp', 999);
  expect(answer).toMatchObject({ status: 409, body: { code: 'out_of_stock' } });
  await traced.expectTrace(answer, OUT_OF_STOCK);
});

test('an order for what does not exist is refused, and its trace says why', async () => {
  const answer = await demo.place('no-such-thing');
  expect(answer).toMatchObject({ status: 422, body: { code: 'unknown_product' } });
  const reserving = ['INSERT reservations', 'INSERT reservation_lines'];
  await traced.expectTrace(answer, refusedByInventory('422 unknown_product', ['BEGIN', ...reserving, 'ROLLBACK']));
});

test('an order of which one line is out of stock takes nothing of the others', async () => {
  const before = await demo.available('wool-blanket');
  const answer = await demo.call('POST', '/v1/orders', {
    json: {
      lines: [
        { sku: 'wool-blanket', quantity: 1 },
        { sku: 'oak-stool', quantity: 500 },
      ],
    },
    headers: { 'idempotency-key': randomUUID() },
  });
  expect(answer).toMatchObject({ status: 409, body: { code: 'out_of_stock' } });
  expect(await demo.available('wool-blanket')).toBe(before);
});

test('the same key and body again is the same order, without a second reservation', async () => {
  const key = randomUUID();
  const first = await demo.place('trail-map', 1, key);
  await demo.ended(first.body.id);
  const again = await demo.place('trail-map', 1, key);
  expect(again).toMatchObject({ status: 201, body: { id: first.body.id, status: 'fulfilled' } });
  await traced.expectTrace(
    again,
    `
gateway SERVER POST /v1/orders 201
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders 201
    order SERVER POST /orders 201
      order CLIENT INSERT placements
      order CLIENT SELECT orders`,
  );
});

test('the same key with another body is refused', async () => {
  const key = randomUUID();
  await demo.place('trail-map', 1, key);
  const other = await demo.place('trail-map', 2, key);
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  await traced.expectTrace(
    other,
    `
gateway SERVER POST /v1/orders 422 idempotency_key_reused
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders 422 ERROR
    order SERVER POST /orders 422 idempotency_key_reused
      order CLIENT INSERT placements`,
  );
});

test('two at once with one key are one order, reserved and fulfilled once', async () => {
  const before = await demo.available('tea-pot');
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 8 }, () => demo.place('tea-pot', 3, key)));
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  const id = answers[0]?.body.id ?? '';
  expect(await demo.ended(id)).toMatchObject({ status: 'fulfilled' });
  expect(await demo.available('tea-pot')).toBe(before - 3);
  // A service exports its spans in order: once a later trace is here, so are all earlier spans.
  const later = await demo.place('field-notebook');
  await traced.expectTrace(later, FULFILLED_ORDER);
  const consumed = traced.traces.spans.filter((span) => span.kind === 'CONSUMER' && span.attributes['shop.order.id'] === id);
  expect(consumed).toHaveLength(1);
});

test('orders are listed newest first, page by page', async () => {
  const ada = traced.shopper();
  await ada.logIn('ada@waymark.test');
  const placed: string[] = [];
  for (const quantity of [1, 2, 3]) placed.unshift((await ada.place('pocket-compass', quantity)).body.id);
  const page = async (query: string): Promise<string[]> =>
    (await ada.call<{ items: { id: string }[] }>('GET', `/v1/orders${query}`)).body.items.map(({ id }) => id);
  expect(await page('')).toEqual(placed);
  expect(await page('?limit=2')).toEqual(placed.slice(0, 2));
  expect(await page(`?limit=2&before=${placed[1]}`)).toEqual(placed.slice(2));
});
