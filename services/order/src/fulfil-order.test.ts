import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { Problem } from '@waymark/service-kit';
import { fulfilOrder } from './fulfil-order.ts';
import { fulfilOrderJob, releaseStockJob } from './jobs.ts';
import { fulfil as fulfilled } from './order-db.ts';
import { settlePayment } from './payment-db.ts';
import { charge, refund } from './payment-provider.ts';
import { placeOrder } from './place-order.ts';
import { releaseStock } from './release-stock.ts';
import { ATTEMPT, openBench, type Bench } from './testing/bench.ts';
import { jobHandlers } from './job-handlers.ts';

let empty: TestDatabase;
let bench: Bench;
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
  bench.inventory.refusal = undefined;
  order = await place(3);
});

/** Places an order; each item costs 100 cents. */
const place = async (quantity: number): Promise<string> =>
  (await placeOrder(bench.parts, randomUUID(), randomUUID(), [{ sku: 'lamp', quantity }])).id;
const fulfil = async (): Promise<void> => fulfilOrder(bench.parts, order, ATTEMPT);
const state = async (): Promise<unknown[]> => [
  await bench.statusOf(order),
  await bench.paymentOf(order),
  bench.inventory.reservations.get(order)?.status,
];
const releases = async (): Promise<string[]> => (await bench.jobs()).filter((job) => job === `${releaseStockJob.name} ${order}`);
const LOST = new Problem(409, 'reservation_lost', 'Sold since.');

test('fulfilling charges the order and commits its stock', async () => {
  await fulfil();
  expect(await state()).toEqual(['fulfilled', 'accepted', 'committed']);
  expect(await releases()).toEqual([]);
});

test('fulfilling again, or many times at once, charges once with the same result', async () => {
  await Promise.all(Array.from({ length: 12 }, fulfil));
  await fulfil();
  expect(await state()).toEqual(['fulfilled', 'accepted', 'committed']);
  expect(await bench.parts.db.query('select from payments where order_id = $1', [order])).toHaveLength(1);
});

test.each([['fails' as const], ['answer lost' as const]])(
  'after the inventory fault "%s" the order stays pending and the next attempt ends it',
  async (fault) => {
    bench.inventory.faults = [fault, fault, fault];
    await expect(fulfil()).rejects.toMatchObject({ status: fault === 'fails' ? 502 : 503 });
    bench.inventory.faults = [];
    expect((await state()).slice(0, 2)).toEqual(['pending', 'accepted']);
    await fulfil();
    expect(await state()).toEqual(['fulfilled', 'accepted', 'committed']);
  },
);

test('an order whose stock was sold in the meantime is refunded, rejected and released', async () => {
  bench.inventory.refusal = LOST;
  await fulfil();
  expect(await state()).toEqual(['rejected', 'refunded', 'held']);
  await fulfil();
  expect(await releases()).toHaveLength(1);
});

test('a refunded order is not fulfilled, even if the stock comes back', async () => {
  bench.inventory.refusal = LOST;
  const crashing = { ...bench.parts, jobs: { ...bench.parts.jobs, add: () => Promise.reject(new Error('crash')) } };
  await expect(fulfilOrder(crashing, order, ATTEMPT)).rejects.toThrow('crash');
  expect(await state()).toEqual(['pending', 'refunded', 'held']);
  bench.inventory.refusal = undefined;
  await fulfil();
  expect(await state()).toEqual(['rejected', 'refunded', 'held']);
  expect(await releases()).toHaveLength(1);
});

test('a declined payment rejects the order, releases its stock, and is not retried', async () => {
  await bench.parts.db.query('update orders set total_cents = 1000001 where id = $1', [order]);
  await fulfil();
  await fulfil();
  expect(await state()).toEqual(['rejected', 'declined', 'held']);
  expect(await releases()).toHaveLength(1);
});

test('a provider that does not answer leaves the order pending', async () => {
  await bench.parts.db.query('update orders set total_cents = 198 where id = $1', [order]);
  await expect(fulfil()).rejects.toThrow('The payment provider did not answer');
  expect(await state()).toEqual(['pending', null, 'held']);
});

test('the provider refunds only an accepted payment, once', async () => {
  const { db } = bench.parts;
  expect(await charge(bench.parts, order, 300)).toBe('accepted');
  await refund(bench.parts, order);
  // A slow attempt stores its outcome late.
  await settlePayment(db, order, 'accepted');
  expect(await charge(bench.parts, order, 300)).toBe('refunded');
  expect(await bench.paymentOf(order)).toBe('refunded');

  const declined = randomUUID();
  await charge(bench.parts, declined, 1_000_001);
  await refund(bench.parts, declined);
  expect(await bench.paymentOf(declined)).toBe('declined');
});

test('fulfilling an order that has ended does nothing', async () => {
  await bench.parts.db.query(`update orders set status = 'cancelled' where id = $1`, [order]);
  await fulfil();
  await fulfilOrder(bench.parts, randomUUID(), ATTEMPT);
  expect(await state()).toEqual(['cancelled', undefined, 'held']);
});

test('releasing returns the stock, and is fine without a reservation', async () => {
  await releaseStock(bench.parts, order);
  expect(bench.inventory.reservations.get(order)?.status).toBe('released');
  await expect(releaseStock(bench.parts, randomUUID())).resolves.toBeUndefined();
  bench.inventory.faults = ['fails'];
  await expect(releaseStock(bench.parts, order)).rejects.toMatchObject({ status: 502 });
});

test('an order whose fulfilment failed for good becomes a dead letter, unless it had ended', async () => {
  const handler = jobHandlers(bench.parts).find(({ job }) => job === fulfilOrderJob)?.handler;
  const buryOrder = async (): Promise<void> => bench.parts.db.transaction(async (tx) => handler?.onDeadLetter?.(tx, { orderId: order }));
  await buryOrder();
  expect(await bench.statusOf(order)).toBe('dead_letter');
  await bench.parts.db.query(`update orders set status = 'fulfilled' where id = $1`, [order]);
  await buryOrder();
  expect(await bench.statusOf(order)).toBe('fulfilled');
});

test('an order that waited too long for the inventory is refunded and rejected, whether or not its stock was committed', async () => {
  bench.inventory.faults = ['answer lost', 'answer lost', 'answer lost'];
  await expect(fulfil()).rejects.toMatchObject({ status: 503, code: 'upstream_unavailable' });
  expect(await state()).toEqual(['pending', 'accepted', 'committed']);
  await bench.parts.db.query(`update orders set fulfil_by = now() - interval '1 second' where id = $1`, [order]);
  await fulfil();
  expect((await state()).slice(0, 2)).toEqual(['rejected', 'refunded']);
  expect(await releases()).toHaveLength(1);
  expect(await bench.parts.db.query('select reason from orders where id = $1', [order])).toEqual([{ reason: 'fulfilment_overdue' }]);
});

test('an attempt whose worker may have lost the job neither charges nor commits', async () => {
  const stale = { fence: (): never => fail('stale') };
  await expect(fulfilOrder(bench.parts, order, stale)).rejects.toThrow('stale');
  expect(await state()).toEqual(['pending', undefined, 'held']);
});

test('an order that became a dead letter while its last attempt still ran is fulfilled', async () => {
  await bench.parts.db.query(
    `update orders set status = 'dead_letter', reason = 'fulfilment_failed', payment_started = true where id = $1`,
    [order],
  );
  await fulfilled(bench.parts.db, order);
  expect(await bench.statusOf(order)).toBe('fulfilled');
});

function fail(message: string): never {
  throw new Error(message);
}
