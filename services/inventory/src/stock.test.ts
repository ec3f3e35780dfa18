import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openJobs } from '@waymark/jobs';
import { openDatabase, Problem, type Database } from '@waymark/service-kit';
import { recordLog, until } from '@waymark/service-kit/testing';
import fc from 'fast-check';
import { commitReservation } from './commit-reservation.ts';
import { expireReservation } from './expire-reservation.ts';
import { config } from './config.ts';
import type { Parts } from './parts.ts';
import { Products } from './products.ts';
import { releaseReservation } from './release-reservation.ts';
import { insertReservation, takeStock } from './inventory-db.ts';
import { reserve } from './reserve.ts';
import { inventoryService } from './service.ts';
import { available, letTimePass, lines, refill, STOCK, taken } from './testing/shelf.ts';
import { modelled, type Step } from './testing/stock-model.ts';

jest.setTimeout(60_000);

const { log } = recordLog();
let empty: TestDatabase;
let db: Database;
let parts: Parts;

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
  parts = { db, jobs: openJobs(db, log), products, log, ttlSeconds: 900, reportSeconds: 0 };
});
afterAll(async () => {
  await db.close();
  await empty.drop();
});

const quantities = fc
  .uniqueArray(fc.record({ sku: fc.constantFrom(...Object.keys(STOCK)), quantity: fc.integer({ min: 1, max: 4 }) }), {
    selector: ({ sku }) => sku,
    minLength: 1,
  })
  .map((chosen) => Object.fromEntries(chosen.map(({ sku, quantity }) => [sku, quantity])));
const ORDERS = 3;
/** The lines of each order never change. */
const wishes = fc.tuple(...Array.from({ length: ORDERS }, () => quantities));
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('reserve' as const, 'reserve' as const, 'commit' as const, 'release' as const, 'expire' as const),
  order: fc.nat({ max: ORDERS - 1 }),
});

/** Takes a step and returns the status of the reservation or the error code. */
async function take({ what, order }: Step, ids: string[], wish: Record<string, number>[]): Promise<string> {
  const id = ids[order] ?? '';
  const calls: Record<Step['what'], () => Promise<{ status: string }>> = {
    reserve: () => reserve(parts, id, lines(wish[order] ?? {})),
    commit: () => commitReservation(parts, id),
    release: () => releaseReservation(parts, id),
    expire: async () => {
      await letTimePass(db, id);
      await expireReservation(parts, id);
      return { status: 'done' };
    },
  };
  return calls[what]().then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof Problem) return error.code;
      throw error;
    },
  );
}

async function expectNothingLost(): Promise<void> {
  const [left, gone] = await Promise.all([available(db), taken(db)]);
  const sum = Object.fromEntries(Object.keys(STOCK).map((sku) => [sku, (left[sku] ?? NaN) + (gone[sku] ?? NaN)]));
  expect(sum).toEqual(STOCK);
  expect(Math.min(...Object.values(left))).toBeGreaterThanOrEqual(0);
}

test('any sequence of calls gives the same stock and answers as the model', async () => {
  await fc.assert(
    fc.asyncProperty(wishes, fc.array(step, { minLength: 10, maxLength: 40 }), async (wish, steps) => {
      await refill(db);
      const ids = wish.map(() => randomUUID());
      const model = modelled(STOCK, wish);
      for (const one of steps) {
        expect([one, await take(one, ids, wish)]).toEqual([one, model.take(one)]);
        expect(await available(db)).toEqual(model.available);
      }
      await expectNothingLost();
    }),
    { numRuns: 100 },
  );
});

test('with all calls at once, each succeeds or gets a problem, and no stock is lost, doubled or below zero', async () => {
  await fc.assert(
    fc.asyncProperty(wishes, fc.array(step, { minLength: 10, maxLength: 30 }), async (wish, steps) => {
      await refill(db);
      const ids = wish.map(() => randomUUID());
      // Two orders already have their reservations; the third gets its own at the same time.
      await Promise.all([0, 2].map((order) => take({ what: 'reserve', order }, ids, wish)));
      await Promise.all(steps.map((one) => take(one, ids, wish)));
      await expectNothingLost();
    }),
    { numRuns: 40 },
  );
});

test('reserving and releasing the same products in opposite order never deadlocks', async () => {
  await refill(db);
  await db.query('update products set available = 1000');
  const there = lines({ bell: 1, lamp: 1, stool: 1 });
  const live = async (wish: typeof there): Promise<void> => {
    const id = randomUUID();
    await reserve(parts, id, wish);
    await releaseReservation(parts, id);
  };
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 8 }, (_, at) => live(at % 2 === 0 ? there : there.toReversed())));
  }
  expect(await available(db)).toEqual({ bell: 1000, lamp: 1000, stool: 1000 });
});

test('stock can be released while an order for it is being placed', async () => {
  await refill(db);
  const [old, made] = [randomUUID(), randomUUID()];
  await reserve(parts, old, lines({ bell: 1, lamp: 1 }));
  await db.transaction(async (tx) => {
    await insertReservation(tx, made, lines({ lamp: 1, bell: 1 }), 900);
    await releaseReservation(parts, old);
  });
  expect(await available(db)).toEqual(STOCK);
});

const waiting = async (): Promise<unknown[]> =>
  db.query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`);

test('releasing locks the products in the same order as reserving, with any collation of the database', async () => {
  await refill(db);
  // As in en_US.UTF-8 of glibc, which the Postgres image has: hyphens do not count, so this one orders "tea-z" after "teab".
  await db.query(`create collation american (provider = icu, locale = 'en-US-u-ka-shifted')`);
  await db.query('alter table products alter column sku type text collate american');
  await db.query('alter table reservation_lines alter column sku type text collate american');
  await db.query(`insert into products (sku, name, price_cents, position, available) values ('tea-z', '', 1, 8, 9), ('teab', '', 1, 9, 9)`);
  const order = randomUUID();
  await reserve(parts, order, lines({ teab: 1, 'tea-z': 1 }));
  let releasing: Promise<unknown> = Promise.resolve();
  await db.transaction(async (tx) => {
    await takeStock(tx, 'tea-z', 1);
    releasing = releaseReservation(parts, order);
    await until(waiting, ({ length }) => length > 0, 'the release to wait for the first product');
    await takeStock(tx, 'teab', 1);
  });
  await expect(releasing).resolves.toMatchObject({ status: 'released' });
});
