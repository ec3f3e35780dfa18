import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { cancelOrder } from './cancel-order.ts';
import { fulfilOrder } from './fulfil-order.ts';
import { startPayment } from './order-db.ts';
import { placeOrder } from './place-order.ts';
import { ATTEMPT, openBench, type Bench } from './testing/bench.ts';

let empty: TestDatabase;
let bench: Bench;
let user: string;
let order: string;

beforeAll(async () => {
  empty = await testDatabase();
  bench = await openBench(empty.url);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await empty.drop();
});
beforeEach(async () => {
  user = randomUUID();
  order = await place();
});

const place = async (): Promise<string> => (await placeOrder(bench.parts, user, randomUUID(), [{ sku: 'lamp', quantity: 1 }])).id;
const releases = async (id: string): Promise<number> => (await bench.jobs()).filter((job) => job === `release_stock ${id}`).length;

test('a cancelled order releases its stock once, even if it is cancelled again', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => cancelOrder(bench.parts, user, order)));
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill('cancelled'));
  expect(await releases(order)).toBe(1);
});

test('cancelling an order removes its fulfilment job; an order that cannot be cancelled keeps it', async () => {
  const fulfilments = async (): Promise<string[]> => (await bench.jobs()).filter((job) => job === `fulfil_order ${order}`);
  expect(await fulfilments()).toHaveLength(1);
  const crashing = { ...bench.parts, jobs: { ...bench.parts.jobs, add: () => Promise.reject(new Error('crash')) } };
  await expect(cancelOrder(crashing, user, order)).rejects.toThrow('crash');
  expect(await fulfilments()).toHaveLength(1);
  await cancelOrder(bench.parts, user, order);
  expect(await fulfilments()).toEqual([]);
});

test('an order whose payment has started or that has ended cannot be cancelled', async () => {
  await startPayment(bench.parts.db, order);
  const refused = { status: 409, code: 'not_cancellable' };
  await expect(cancelOrder(bench.parts, user, order)).rejects.toMatchObject(refused);
  await fulfilOrder(bench.parts, order, ATTEMPT);
  await expect(cancelOrder(bench.parts, user, order)).rejects.toMatchObject(refused);
  expect([await bench.statusOf(order), await releases(order)]).toEqual(['fulfilled', 0]);
});

test('cancelling another user’s order gets a 404', async () => {
  await expect(cancelOrder(bench.parts, randomUUID(), order)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  expect([await bench.statusOf(order), await releases(order)]).toEqual(['pending', 0]);
});

test('if the job cannot be stored, the order is not cancelled', async () => {
  const crashing = { ...bench.parts, jobs: { ...bench.parts.jobs, add: () => Promise.reject(new Error('crash')) } };
  await expect(cancelOrder(crashing, user, order)).rejects.toThrow('crash');
  expect(await bench.statusOf(order)).toBe('pending');
});

test('of cancelling and fulfilling at once exactly one succeeds, and the stock is released only after a cancellation', async () => {
  const orders = await Promise.all(Array.from({ length: 40 }, place));
  const outcomes = await Promise.all(
    orders.map(async (id, at) => {
      const cancelling = cancelOrder(bench.parts, user, id).then(
        () => true,
        () => false,
      );
      // Starts at a different point of the cancellation each time.
      for (let pause = at % 6; pause > 0; pause -= 1) await bench.parts.db.query('select');
      await fulfilOrder(bench.parts, id, ATTEMPT);
      const cancelled = await cancelling;
      return [
        cancelled,
        await bench.statusOf(id),
        await bench.paymentOf(id),
        bench.inventory.reservations.get(id)?.status,
        await releases(id),
      ];
    }),
  );
  for (const outcome of outcomes) {
    expect(outcome).toEqual(outcome[0] ? [true, 'cancelled', undefined, 'held', 1] : [false, 'fulfilled', 'accepted', 'committed', 0]);
  }
  expect(new Set(outcomes.map(([cancelled]) => cancelled)).size).toBe(2);
});
