import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import fc from 'fast-check';
import { listOrders } from './order-db.ts';
import { openBench, type Bench } from './testing/bench.ts';

let empty: TestDatabase;
let bench: Bench;

beforeAll(async () => {
  empty = await testDatabase();
  bench = await openBench(empty.url);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await empty.drop();
});

/** Inserts orders of a user, created at the given microseconds after the epoch. Several may have the same time. */
async function insertOrders(user: string, ages: number[]): Promise<void> {
  await bench.parts.db.query(
    `insert into orders (id, user_id, status, lines, total_cents, currency, created_at)
     select gen_random_uuid(), $1, 'pending', '[]', 0, 'EUR', timestamptz 'epoch' + age * interval '1 microsecond' from unnest($2::int[]) age`,
    [user, ages],
  );
}

async function pages(user: string, limit: number): Promise<string[][]> {
  const all: string[][] = [];
  for (let before: string | undefined; ; before = all.at(-1)?.at(-1)) {
    const page = await listOrders(bench.parts.db, user, limit, before);
    if (page.length === 0) return all;
    all.push(page.map(({ id }) => id));
  }
}

test('paging returns each order of the user once, newest first, even if many have the same time', async () => {
  const ages = fc.array(fc.nat({ max: 5 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(ages, ages, fc.integer({ min: 1, max: 12 }), async (mine, theirs, limit) => {
      const [me, them] = [randomUUID(), randomUUID()];
      await Promise.all([insertOrders(me, mine), insertOrders(them, theirs)]);
      const seen = await pages(me, limit);
      const rows = await bench.parts.db.query<{ id: string }>(
        'select id from orders where user_id = $1 order by created_at desc, id desc',
        [me],
      );
      expect(seen.flat()).toEqual(rows.map(({ id }) => id));
      expect(seen.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('the page after another user’s order is empty', async () => {
  const [me, them] = [randomUUID(), randomUUID()];
  await Promise.all([insertOrders(me, [1, 2]), insertOrders(them, [3])]);
  const [theirs] = await listOrders(bench.parts.db, them, 1);
  expect(await listOrders(bench.parts.db, me, 5, theirs?.id)).toEqual([]);
  expect(await listOrders(bench.parts.db, me, 5, randomUUID())).toEqual([]);
});
