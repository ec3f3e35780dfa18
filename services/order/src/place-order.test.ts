import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { orderApi, type Order } from '@waymark/contracts';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { Problem, serviceApp } from '@waymark/service-kit';
import { serve, until } from '@waymark/service-kit/testing';
import { claimPlacement } from './order-db.ts';
import { placeOrder } from './place-order.ts';
import { routes } from './routes.ts';
import { openBench, type Bench } from './testing/bench.ts';

let empty: TestDatabase;
let bench: Bench;
let user: string;
let key: string;

beforeAll(async () => {
  empty = await testDatabase();
  bench = await openBench(empty.url);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await empty.drop();
});
beforeEach(async () => {
  await bench.clear();
  [user, key] = [randomUUID(), randomUUID()];
});

const LINES = [
  { sku: 'lamp', quantity: 2 },
  { sku: 'map', quantity: 1 },
];
const place = async (lines = LINES): Promise<Order> => placeOrder(bench.parts, user, key, lines);
const stored = async (): Promise<{ id: string }[]> => bench.parts.db.query('select id from orders');

/** One reservation, one order and one job, all of the same order. */
async function expectOneOrder({ id }: Order): Promise<void> {
  expect([...bench.inventory.reservations.keys()]).toEqual([id]);
  expect(await stored()).toEqual([{ id }]);
  expect(await bench.jobs()).toEqual([`fulfil_order ${id}`]);
}

test('stores an order with the prices of its reservation and the job that will fulfil it', async () => {
  const order = await place();
  expect(order).toMatchObject({ status: 'pending', totalCents: 300, lines: [{ sku: 'lamp', unitPriceCents: 100 }, { sku: 'map' }] });
  await expectOneOrder(order);
});

test('the same request finds a reservation again whose answer was lost', async () => {
  bench.inventory.faults = ['answer lost'];
  const order = await place();
  expect(bench.inventory.calls).toEqual([`reserve ${order.id}`, `reserve ${order.id}`]);
  await expectOneOrder(order);
});

test('if the answer of the inventory is lost for good, the stock is released and the key stands for a new order', async () => {
  bench.inventory.faults = ['answer lost', 'answer lost', 'answer lost'];
  await expect(place()).rejects.toMatchObject({ status: 503, code: 'upstream_unavailable' });
  const [held] = [...bench.inventory.reservations.keys()];
  const order = await place();
  await until(bench.jobs, ({ length }) => length === 2, 'the release to be stored');
  expect((await bench.jobs()).toSorted()).toEqual([`fulfil_order ${order.id}`, `release_stock ${held}`]);
  expect(order.id).not.toBe(held);
});

test('if the inventory fails, the answer is 502, and the next request with the key places the order', async () => {
  bench.inventory.faults = ['fails'];
  await expect(place()).rejects.toMatchObject({ status: 502, code: 'upstream_failed' });
  const order = await place();
  expect(await stored()).toMatchObject([{ id: order.id }]);
});

test('if the inventory is too slow, the answer is 504, the stock is released, and the next request with the key places a new order', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  bench.inventory.gate = promise;
  const app = serviceApp({ api: orderApi, handlers: routes(bench.parts), log: bench.parts.log });
  await using server = await serve(app.callback());
  const ask = async (timeoutMs: number): Promise<{ status: number; body: Order }> => {
    const headers = { 'content-type': 'application/json', 'x-user-id': user, 'idempotency-key': key, 'x-timeout-ms': String(timeoutMs) };
    const answer = await fetch(`${server.url}/orders`, { method: 'POST', headers, body: JSON.stringify({ lines: LINES }) });
    return { status: answer.status, body: (await answer.json()) as Order };
  };
  expect(await ask(200)).toMatchObject({ status: 504, body: { code: 'deadline_exceeded' } });
  const [placement] = await bench.parts.db.query<{ id: string }>('select order_id as id from placements');
  const jobs = await until(bench.jobs, ({ length }) => length === 1, 'the release to be stored');
  expect([await stored(), jobs]).toEqual([[], [`release_stock ${placement?.id}`]]);
  resolve(undefined);
  const again = await ask(10_000);
  expect(again.status).toBe(201);
  expect(again.body.id).not.toBe(placement?.id);
  expect((await bench.jobs()).toSorted()).toEqual([`fulfil_order ${again.body.id}`, `release_stock ${placement?.id}`]);
});

test('after a crash between reservation and order, the next request with the key finds the reservation', async () => {
  const crashing = { ...bench.parts, jobs: { ...bench.parts.jobs, add: () => Promise.reject(new Error('crash')) } };
  await expect(placeOrder(crashing, user, key, LINES)).rejects.toThrow('crash');
  expect(bench.inventory.reservations.size).toBe(1);
  expect([await stored(), await bench.jobs()]).toEqual([[], []]);
  await expectOneOrder(await place());
});

test('many requests with one key at once make one order and one job', async () => {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  bench.inventory.gate = promise;
  const placing = Array.from({ length: 20 }, () => place());
  setImmediate(resolve, undefined);
  const orders = await Promise.all(placing);
  expect(new Set(orders.map((order) => JSON.stringify(order))).size).toBe(1);
  await expectOneOrder(orders[0] as Order);
});

test('the same key again returns the same order in any state, and reserves nothing', async () => {
  const order = await place();
  await bench.parts.db.query(`update orders set status = 'cancelled'`);
  expect(await place(LINES.toReversed())).toEqual({ ...order, status: 'cancelled' });
  expect(bench.inventory.calls).toHaveLength(1);
});

test.each([
  ['another quantity', [{ sku: 'lamp', quantity: 3 }, LINES[1]]],
  ['another product', [{ sku: 'bell', quantity: 2 }, LINES[1]]],
  ['a line less', [LINES[0]]],
])('the same key with %s is rejected before anything is reserved', async (_, lines) => {
  const order = await place();
  await expect(place(lines as typeof LINES)).rejects.toMatchObject({ status: 422, code: 'idempotency_key_reused' });
  await expectOneOrder(order);
});

test('the same key of two users makes two orders', async () => {
  const [mine, theirs] = await Promise.all([place(), placeOrder(bench.parts, randomUUID(), key, LINES)]);
  expect(mine.id).not.toBe(theirs.id);
  expect(await stored()).toHaveLength(2);
});

const claim = async (request: string): ReturnType<typeof claimPlacement> => claimPlacement(bench.parts.db, user, key, Buffer.from(request));

test('a key belongs to one order and one request', async () => {
  const claims = await Promise.all(['this', 'this', 'that', 'this'].map(claim));
  expect(new Set(claims.map(({ orderId }) => orderId)).size).toBe(1);
  expect(new Set([claims[0], claims[1], claims[3]].map((one) => one?.sameRequest)).size).toBe(1);
  expect(claims[2]?.sameRequest).toBe(!claims[0]?.sameRequest);
});

test('after an out-of-stock error, the same key can place the order when there is stock again', async () => {
  bench.inventory.refusal = new Problem(409, 'out_of_stock', 'There are fewer than 2 of "lamp" in stock.');
  await expect(place()).rejects.toMatchObject({ status: 409, code: 'out_of_stock', message: 'There are fewer than 2 of "lamp" in stock.' });
  expect([await stored(), await bench.jobs()]).toEqual([[], []]);
  bench.inventory.refusal = undefined;
  await expectOneOrder(await place());
});

test('if one request with a key gives up and another one continues, there is one order and its stock stays reserved', async () => {
  const inventory = { ...bench.parts.inventory, reserve: bench.parts.inventory.reserve };
  const slow = Promise.withResolvers<undefined>();
  const goesOn = placeOrder(
    {
      ...bench.parts,
      inventory: {
        ...inventory,
        async reserve(call) {
          const reservation = await inventory.reserve(call);
          await slow.promise;
          return reservation;
        },
      },
    },
    user,
    key,
    LINES,
  ).then(
    () => 'placed',
    (error: unknown) => (error as Problem).code,
  );
  await until(
    () => bench.inventory.reservations.size,
    (size) => size === 1,
    'the stock to be reserved',
  );
  bench.inventory.faults = ['answer lost', 'answer lost', 'answer lost'];
  await expect(place()).rejects.toMatchObject({ status: 503 });
  await until(bench.jobs, ({ length }) => length === 1, 'the release to be stored');
  slow.resolve(undefined);
  expect(await goesOn).toBe('placed');
  const [order] = await stored();
  expect([(await place()).id, await stored()]).toEqual([order?.id, [order]]);
}, 20_000);
