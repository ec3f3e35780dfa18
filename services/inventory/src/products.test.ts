import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openDatabase, withDeadline, type Database } from '@waymark/service-kit';
import { attribute, receivedSpans, recordLog, until, type ReceivedSpan } from '@waymark/service-kit/testing';
import { span } from '@waymark/tracing';
import { config } from './config.ts';
import { Products } from './products.ts';
import { inventoryService } from './service.ts';
import { SkuFilter } from './sku-filter.ts';
import { giveBack } from './stock.ts';
import { lines, refill, restock } from './testing/shelf.ts';

const { log } = recordLog();
const spans = receivedSpans();
let empty: TestDatabase;
/** What other processes do. */
let others: Database;
let db: Database;
let products: Products;
let queries = 0;

beforeAll(async () => {
  empty = await testDatabase();
  others = openDatabase(empty.url, log);
  const settings = { DATABASE_URL: empty.url, INTERNAL_SECRET: 'a secret of the tests', STOCK_REPORT_SECONDS: '0' };
  const service = inventoryService(config(settings), log);
  await service.migrate?.();
  await service.start?.();
  await service.stop?.();
});
afterAll(async () => {
  await others.close();
  await empty.drop();
});
beforeEach(async () => {
  await refill(others);
  await open({ cacheSeconds: 60, errorRate: 0.0005 });
});
afterEach(close);

async function open(options: ConstructorParameters<typeof Products>[2]): Promise<void> {
  db = openDatabase(empty.url, log);
  queries = 0;
  const counted: Database = {
    ...db,
    query: (...statement) => {
      queries += 1;
      return db.query(...statement);
    },
  };
  products = new Products(counted, log, options);
  await products.start();
}

async function close(): Promise<void> {
  await products.stop();
  await db.close();
}

const insert = (skus: readonly string[]): Promise<unknown> =>
  others.query(
    `insert into products (sku, name, price_cents, position, available) select sku, sku, 1, 99, 1 from unnest($1::text[]) as sku`,
    [skus],
  );
const skus = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

/** Looks up SKUs, not more at once than there are connections to the database. */
async function findAll(wanted: readonly string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let at = 0; at < wanted.length; at += 10)
    found.push(...(await Promise.all(wanted.slice(at, at + 10).map((sku) => products.find(sku)))));
  return found;
}

/** Whether an SKU that does not exist is rejected without a query. */
async function rejects(): Promise<boolean> {
  const before = queries;
  await products.find(`unknown-${randomUUID()}`);
  return queries === before;
}

async function untilRejecting(wanted: boolean): Promise<void> {
  await until(rejects, (rejected) => rejected === wanted, wanted ? 'a filter' : 'the filter to be gone');
}

test('unknown SKUs cost no query, except for the configured share', async () => {
  await insert(skus(990, 'product'));
  // The filter has room for 1,000 products: it is as full as it gets.
  expect((await findAll(skus(10_000, 'unknown'))).filter(Boolean)).toEqual([]);
  expect(queries).toBeLessThanOrEqual(20);
});

test('the filter lets about the configured share of other SKUs pass, and all of its own', () => {
  for (const errorRate of [0.05, 0.01, 0.001]) {
    const filter = new SkuFilter(5_000, errorRate);
    const own = skus(5_000, 'product');
    for (const sku of own) filter.add(sku);
    expect(filter.isFull).toBe(true);
    expect(own.every((sku) => filter.mayHave(sku))).toBe(true);
    const measured = skus(200_000, 'unknown').filter((sku) => filter.mayHave(sku)).length / 200_000;
    // It depends on the salt.
    expect(measured / errorRate).toBeGreaterThan(0.5);
    expect(measured / errorRate).toBeLessThan(1.3);
  }
});

test('of many requests for one product one queries the database, and none until its stock changes', async () => {
  const found = await Promise.all(Array.from({ length: 1_000 }, () => products.find('bell')));
  expect(new Set(found.map((product) => JSON.stringify(product))).size).toBe(1);
  expect([queries, found[0]]).toMatchObject([1, { sku: 'bell', available: 5 }]);

  await others.transaction((tx) => giveBack({ products }, tx, lines({ bell: 2 })));
  expect(await products.find('bell')).toMatchObject({ available: 7 });
  expect(queries).toBe(2);
});

test('what another process changes is seen after the time of the cache', async () => {
  await close();
  await open({ cacheSeconds: 0.2, errorRate: 0.0005 });
  await products.find('bell');
  await restock(others, 'bell', 4);
  const { available } = (await until(
    () => products.find('bell'),
    (bell) => bell?.available !== 5,
    'the new stock',
  )) ?? { available: 0 };
  expect(available).toBe(4);
});

test('a product that another process adds is found as soon as it is notified', async () => {
  expect(await products.find('lantern')).toBeUndefined();
  await insert(['lantern']);
  expect(
    await until(
      () => products.find('lantern'),
      (lantern) => lantern !== undefined,
      'the new product',
    ),
  ).toMatchObject({ sku: 'lantern' });
});

test('with many more products than the filter was made for, it is rebuilt while it runs', async () => {
  await insert(skus(5_000, 'product'));
  await until(
    () => products.find('product-4999'),
    (product) => product !== undefined,
    'the last product',
  );
  const rate = async (): Promise<number> => {
    const before = queries;
    await findAll(skus(2_000, `unknown-${before}`));
    return (queries - before) / 2_000;
  };
  await until(rate, (share) => share <= 0.002, 'the larger filter');
  expect((await findAll(skus(5_000, 'product'))).every(Boolean)).toBe(true);
});

test('while it cannot listen, every lookup may query, and then the filter is built again', async () => {
  await untilRejecting(true);
  const listening = `select pid from pg_stat_activity where datname = current_database() and query ~ '^(listen|select sku)'`;
  expect(await others.query(`select pg_terminate_backend(pid, 5000) as ended from (${listening}) as one`)).toEqual([{ ended: true }]);
  await untilRejecting(false);
  await insert(['lantern']);
  const lantern = (): Promise<unknown> => products.find('lantern');
  await until(lantern, (found) => found !== undefined, 'the product of which there was no notification');
  await untilRejecting(true);
  expect(await products.find('lantern')).toMatchObject({ sku: 'lantern' });
});

const arrived = (name: string): ReceivedSpan | undefined => spans.find((one) => one.name === name);

/** Lets queries for products wait. Returns a function that ends that. */
async function lockProducts(): Promise<() => Promise<void>> {
  const { promise: unlocked, resolve: unlock } = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const blocking = others.transaction(async (tx) => {
    await tx.query('lock table products in access exclusive mode');
    locked.resolve();
    await unlocked;
  });
  await locked.promise;
  return async () => {
    unlock();
    await blocking;
  };
}

test('the span of a request that waits for the query of another says in which trace it is', async () => {
  const unlock = await lockProducts();
  const both = ['first', 'second'].map((name) => span(name, () => products.find('bell')));
  await unlock();
  await Promise.all(both);
  await until(
    () => [arrived('first'), arrived('second')],
    (all) => all.every(Boolean),
    'the spans',
  );
  expect(attribute(arrived('second'), 'shop.cache.queried_in')).toBe(arrived('first')?.traceId);
  expect([attribute(arrived('first'), 'shop.cache.queried_in'), queries]).toEqual([undefined, 1]);
});

test('a request that joins a query does not fail with the deadline of the other request', async () => {
  const unlock = await lockProducts();
  const short = withDeadline(100, () => products.find('bell'));
  const long = withDeadline(10_000, () => products.find('bell'));
  await expect(short).rejects.toMatchObject({ status: 504, code: 'deadline_exceeded' });
  await unlock();
  expect(await long).toMatchObject({ sku: 'bell' });
  expect(queries).toBe(2);
});

test('a failure is not cached', async () => {
  const failing = withDeadline(0, () => products.find('bell'));
  await expect(failing).rejects.toMatchObject({ status: 504 });
  expect(await products.find('bell')).toMatchObject({ sku: 'bell' });
});
