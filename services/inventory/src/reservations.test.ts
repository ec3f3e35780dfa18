import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openJobs } from '@waymark/jobs';
import { openDatabase, type Database, type Sql } from '@waymark/service-kit';
import { recordLog } from '@waymark/service-kit/testing';
import { commitReservation } from './commit-reservation.ts';
import { expireReservation } from './expire-reservation.ts';
import { lockReservation } from './inventory-db.ts';
import { config } from './config.ts';
import { pruneReservations } from './inventory-db.ts';
import type { Parts } from './parts.ts';
import { Products } from './products.ts';
import { releaseReservation } from './release-reservation.ts';
import { reserve } from './reserve.ts';
import { inventoryService } from './service.ts';
import { available, letTimePass, lines, refill, restock, STOCK } from './testing/shelf.ts';

const { log, lines: logged } = recordLog();
const TTL = 900;
let empty: TestDatabase;
let db: Database;
let parts: Parts;
let order: string;

beforeAll(async () => {
  empty = await testDatabase();
  const service = inventoryService(
    config({ DATABASE_URL: empty.url, INTERNAL_SECRET: 'a secret of the tests', STOCK_REPORT_SECONDS: '0' }),
    log,
  );
  await service.migrate?.();
  await service.start?.();
  await service.stop?.();
  db = openDatabase(empty.url, log);
  const products = new Products(db, log, { cacheSeconds: 1, errorRate: 0.01 });
  parts = { db, jobs: openJobs(db, log), products, log, ttlSeconds: TTL, reportSeconds: 0 };
});
afterAll(async () => {
  await db.close();
  await empty.drop();
});
beforeEach(async () => {
  await refill(db);
  order = randomUUID();
});

const expire = async (): Promise<void> => {
  await letTimePass(db);
  await expireReservation(parts, order);
};
const SOLD = { status: 409, code: 'reservation_lost' };

test('a reservation holds all lines at the current prices, in the requested order', async () => {
  const before = Date.now();
  const reservation = await reserve(parts, order, lines({ stool: 1, bell: 2 }));
  expect(reservation).toMatchObject({ orderId: order, status: 'held', currency: 'EUR' });
  expect(reservation.lines).toEqual([
    { sku: 'stool', quantity: 1, unitPriceCents: 100 },
    { sku: 'bell', quantity: 2, unitPriceCents: 100 },
  ]);
  expect(Math.round((Date.parse(reservation.expiresAt) - before) / 60_000)).toBe(TTL / 60);
  expect(await available(db)).toEqual({ bell: 3, lamp: 3, stool: 0 });
});

test('reserves all lines or none: if one product is short, the others stay untouched', async () => {
  await expect(reserve(parts, order, lines({ bell: 2, stool: 2 }))).rejects.toMatchObject({
    status: 409,
    code: 'out_of_stock',
    message: 'There are fewer than 2 of "stool" in stock.',
  });
  await expect(reserve(parts, order, lines({ bell: 2, piano: 1 }))).rejects.toMatchObject({ status: 422, code: 'unknown_product' });
  expect(await available(db)).toEqual(STOCK);
  await expect(reserve(parts, order, lines({ bell: 2 }))).resolves.toMatchObject({ status: 'held' });
});

test('the same order again gets the same reservation at the old prices', async () => {
  const first = await reserve(parts, order, lines({ bell: 2 }));
  await db.query('update products set price_cents = 999');
  expect(await reserve(parts, order, lines({ bell: 2 }))).toEqual(first);
  await commitReservation(parts, order);
  expect(await reserve(parts, order, lines({ bell: 2 }))).toEqual({ ...first, status: 'committed' });
  expect(await available(db)).toEqual({ ...STOCK, bell: 3 });
});

test('many requests for the same order at once make one reservation', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => reserve(parts, order, lines({ bell: 2 }))));
  expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(await available(db)).toEqual({ ...STOCK, bell: 3 });
});

test('the stock of an expired reservation is available again, once', async () => {
  await reserve(parts, order, lines({ bell: 2, lamp: 1 }));
  await expireReservation(parts, order);
  expect(await available(db)).toEqual({ bell: 3, lamp: 2, stool: 1 });
  await letTimePass(db);
  await Promise.all([expire(), expire(), expire()]);
  expect(await available(db)).toEqual(STOCK);
  expect(logged).toContainEqual(expect.objectContaining({ msg: 'a reservation expired', order }));
});

test('an expired reservation is committed if there is still enough', async () => {
  await reserve(parts, order, lines({ bell: 2 }));
  await expire();
  expect(await commitReservation(parts, order)).toMatchObject({ status: 'committed' });
  expect(await available(db)).toEqual({ ...STOCK, bell: 3 });
});

test('an expired reservation whose stock was sold is lost with all its lines, and stays lost', async () => {
  await reserve(parts, order, lines({ bell: 2, stool: 1 }));
  await expire();
  await reserve(parts, randomUUID(), lines({ stool: 1 }));
  await expect(commitReservation(parts, order)).rejects.toMatchObject({ ...SOLD, message: expect.stringContaining('its stock was sold') });
  expect(await available(db)).toEqual({ ...STOCK, stool: 0 });

  // The caller refunds a lost reservation, so it must not become a sale when stock comes back.
  await restock(db, 'stool', 1);
  await expect(commitReservation(parts, order)).rejects.toMatchObject(SOLD);
  await expect(reserve(parts, order, lines({ bell: 2, stool: 1 }))).rejects.toMatchObject(SOLD);
  expect(await releaseReservation(parts, order)).toMatchObject({ status: 'released' });
  expect(await available(db)).toEqual(STOCK);
});

test('reserving again renews an expired reservation if there is enough stock', async () => {
  await reserve(parts, order, lines({ bell: 2 }));
  await expire();
  await restock(db, 'bell', 1);
  await expect(reserve(parts, order, lines({ bell: 2 }))).rejects.toMatchObject({ code: 'out_of_stock' });
  await restock(db, 'bell', 2);
  const renewed = await reserve(parts, order, lines({ bell: 2 }));
  expect(renewed).toMatchObject({ status: 'held' });
  expect(Date.parse(renewed.expiresAt)).toBeGreaterThan(Date.now());
  expect(await available(db)).toEqual({ ...STOCK, bell: 0 });
});

test('a released reservation stays released', async () => {
  await reserve(parts, order, lines({ bell: 2 }));
  const released = await releaseReservation(parts, order);
  expect(released).toMatchObject({ status: 'released' });
  expect(await releaseReservation(parts, order)).toEqual(released);
  await expect(reserve(parts, order, lines({ bell: 2 }))).rejects.toMatchObject(SOLD);
  await expect(commitReservation(parts, order)).rejects.toMatchObject(SOLD);
  await expire();
  expect(await available(db)).toEqual(STOCK);
});

test('committed stock is returned only when a refunded order is released', async () => {
  await reserve(parts, order, lines({ bell: 2 }));
  const committed = await commitReservation(parts, order);
  expect(await commitReservation(parts, order)).toEqual(committed);
  await expire();
  expect(await commitReservation(parts, order)).toMatchObject({ status: 'committed' });
  expect(await available(db)).toEqual({ ...STOCK, bell: 3 });
  await releaseReservation(parts, order);
  expect(await releaseReservation(parts, order)).toMatchObject({ status: 'released' });
  expect(await available(db)).toEqual(STOCK);
});

test('releasing an expired reservation does not return its stock twice', async () => {
  await reserve(parts, order, lines({ bell: 2 }));
  await expire();
  expect(await releaseReservation(parts, order)).toMatchObject({ status: 'released' });
  expect(await available(db)).toEqual(STOCK);
});

test.each([
  ['committed', commitReservation],
  ['released', releaseReservation],
])('an order without a reservation cannot be %s', async (_, end) => {
  await expect(end(parts, order)).rejects.toMatchObject({ status: 404, code: 'not_found' });
});

test('does not touch a reservation without its lock, even if it appears just after the search', async () => {
  const sql: Sql = {
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      const rows = await db.query<Row>(text, values);
      await reserve(parts, order, lines({ bell: 2 }));
      return rows;
    },
  };
  expect(await lockReservation(sql, order)).toBeUndefined();
});

test('prune removes reservations that ended a month ago with their lines, but not held or unreported ones', async () => {
  const [held, released, sold] = [randomUUID(), randomUUID(), randomUUID()];
  for (const one of [held, released, sold]) await reserve(parts, one, lines({ bell: 1 }));
  await releaseReservation(parts, released);
  await commitReservation(parts, sold);
  await db.query(`update reservations set expires_at = now() - interval '31 days'`);
  await pruneReservations(db);
  const left = await db.query<{ order_id: string }>('select order_id from reservation_lines where order_id = any($1)', [
    [held, released, sold],
  ]);
  expect(left.map((line) => line.order_id).toSorted()).toEqual([held, sold].toSorted());
});
