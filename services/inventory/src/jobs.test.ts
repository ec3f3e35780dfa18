import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openJobs } from '@waymark/jobs';
import { migrate, openDatabase, type Database } from '@waymark/service-kit';
import { recordLog, until } from '@waymark/service-kit/testing';
import { commitReservation } from './commit-reservation.ts';
import { findReservation } from './inventory-db.ts';
import { expireReservationJob, expiryOf, reportStockJob } from './jobs.ts';
import type { Parts } from './parts.ts';
import { Products } from './products.ts';
import { releaseReservation } from './release-reservation.ts';
import { scheduleReport } from './report-stock.ts';
import { reserve } from './reserve.ts';
import { available, letTimePass, lines, refill, STOCK } from './testing/shelf.ts';
import { jobHandlers } from './job-handlers.ts';

const { log, lines: logged } = recordLog();
const MIGRATIONS = join(import.meta.dirname, '../migrations');
let empty: TestDatabase;
let db: Database;
let parts: Parts;
let order: string;

beforeEach(async () => {
  empty = await testDatabase();
  db = openDatabase(empty.url, log);
  const products = new Products(db, log, { cacheSeconds: 1, errorRate: 0.01 });
  parts = { db, jobs: openJobs(db, log), products, log, ttlSeconds: 900, reportSeconds: 900 };
  order = randomUUID();
  logged.length = 0;
});
afterEach(async () => {
  await parts.jobs.stop();
  await db.close();
  await empty.drop();
});

async function start(): Promise<void> {
  await migrate(db, MIGRATIONS, 'inventory', log);
  await parts.jobs.start(jobHandlers(parts));
  await refill(db);
}

/** Returns the kinds of the jobs that wait or run. */
const jobs = async (): Promise<string[]> =>
  (await db.query<{ job: string }>('select task_identifier as job from graphile_worker.jobs order by id')).map(({ job }) => job);
const statusOf = async (): Promise<string | undefined> => (await findReservation(db, order))?.status;
const allTold = (msg: string) => logged.filter((line) => line.msg === msg);

/** Stores a waiting job a second time, like a broker that delivers twice, and makes all waiting jobs due. */
async function deliverTwice(job: string): Promise<void> {
  await db.query(
    `select graphile_worker.add_job($1, payload) from graphile_worker._private_jobs where task_id = (
       select id from graphile_worker._private_tasks where identifier = $1)`,
    [job],
  );
  await db.query('update graphile_worker._private_jobs set run_at = now() where locked_at is null');
}

test('a job expires an unpaid reservation, once, even if it is delivered twice', async () => {
  await start();
  await reserve(parts, order, lines({ bell: 2 }));
  expect(await jobs()).toEqual(['expire_reservation']);
  await letTimePass(db);
  await deliverTwice('expire_reservation');
  await until(jobs, ({ length }) => length === 0, 'both to be done');
  expect([await statusOf(), await available(db)]).toEqual(['expired', STOCK]);
  expect(allTold('a reservation expired')).toMatchObject([{ order }]);
});

test('a job that runs too early or for a renewed reservation changes nothing, and the renewal has its own job', async () => {
  await start();
  const first = await reserve(parts, order, lines({ bell: 2 }));
  await db.query('update reservations set status = $1', ['expired']);
  const renewed = await reserve(parts, order, lines({ bell: 2 }));
  expect(await jobs()).toEqual(['expire_reservation', 'expire_reservation']);
  await db.transaction((tx) => parts.jobs.cancel(tx, expireReservationJob, expiryOf(first)));
  await deliverTwice('expire_reservation');
  await until(jobs, ({ length }) => length === 0, 'both to be done');
  expect(await findReservation(db, order)).toEqual(renewed);
});

test.each([
  ['commits', commitReservation],
  ['releases', releaseReservation],
])('the request that %s a reservation cancels its job in the same transaction', async (_, end) => {
  await start();
  await reserve(parts, order, lines({ bell: 2 }));
  await expect(reserve(parts, order, lines({ bell: 2 }))).resolves.toMatchObject({ status: 'held' });
  const crashing = { ...parts, jobs: { ...parts.jobs, cancel: () => Promise.reject(new Error('crash')) } };
  await expect(end(crashing, order)).rejects.toThrow('crash');
  expect([await statusOf(), await jobs()]).toEqual(['held', ['expire_reservation']]);
  await end(parts, order);
  expect(await jobs()).toEqual([]);
});

test('a report counts each sale since the last report once, even if it is delivered twice, and stores the next report', async () => {
  await start();
  for (const quantities of [{ bell: 2 }, { bell: 1, lamp: 1 }]) {
    order = randomUUID();
    await reserve(parts, order, lines(quantities));
    await commitReservation(parts, order);
  }
  await reserve(parts, randomUUID(), lines({ stool: 1 }));
  await db.transaction((tx) => scheduleReport(parts, tx));
  await db.transaction((tx) => scheduleReport(parts, tx));
  await deliverTwice('report_stock');
  const told = await until(
    () => allTold('stock report'),
    ({ length }) => length > 0,
    'the report',
  );
  expect(told).toMatchObject([{ orders: 2, sold: { bell: 3, lamp: 1 } }]);
  await until(
    async () => (await jobs()).filter((job) => job === 'report_stock'),
    ({ length }) => length === 1,
    'the next report to be stored',
  );
  expect(
    await db.query(`select from graphile_worker.jobs where task_identifier = 'report_stock' and run_at < now() + interval '800 s'`),
  ).toEqual([]);
  expect(allTold('stock report')).toHaveLength(1);
});

test('after a report that fails for good there is another one', async () => {
  await start();
  await db.transaction((tx) => scheduleReport(parts, tx));
  await db.query('update graphile_worker._private_jobs set attempts = max_attempts');
  await until(
    () => allTold('a job failed for good'),
    ({ length }) => length === 1,
    'the dead letter to be stored',
  );
  const attempts = (): Promise<{ attempts: number }[]> => db.query('select attempts from graphile_worker.jobs');
  // The failure is logged before its transaction has committed.
  expect(await until(attempts, ([job]) => job?.attempts === 0, 'the next report to be stored')).toEqual([{ attempts: 0 }]);
});

test('with STOCK_REPORT_SECONDS 0 a waiting report is cancelled', async () => {
  await start();
  await db.transaction((tx) => scheduleReport(parts, tx));
  expect(await jobs()).toEqual([reportStockJob.name]);
  await db.transaction((tx) => scheduleReport({ ...parts, reportSeconds: 0 }, tx));
  expect(await jobs()).toEqual([]);
});

test('a reservation from before the jobs existed expires, and is renewed when it is paid', async () => {
  const before = await mkdtemp(join(tmpdir(), 'waymark-migrations-'));
  for (const name of ['0001-products.sql', '0002-seed.sql']) await cp(join(MIGRATIONS, name), join(before, name));
  await migrate(db, before, 'inventory', log);
  await rm(before, { recursive: true });
  const sold = randomUUID();
  await db.query(`insert into reservations values ($1, 'held', now()), ($2, 'committed', now())`, [order, sold]);
  await db.query(`insert into reservation_lines values ($1, 1, 'tea-pot', 4, 1), ($2, 1, 'tea-pot', 3, 1), ($1, 2, 'trail-map', 1, 1)`, [
    order,
    sold,
  ]);
  const stock = async () =>
    db.query<{ available: number }>(`select available from products where sku in ('tea-pot', 'trail-map') order by sku`);
  const [pots, maps] = (await stock()).map((one) => one.available);
  await migrate(db, MIGRATIONS, 'inventory', log);
  expect(await stock()).toEqual([{ available: (pots ?? 0) + 4 }, { available: (maps ?? 0) + 1 }]);
  expect(await statusOf()).toBe('expired');
  await parts.jobs.start(jobHandlers(parts));
  expect(await commitReservation(parts, order)).toMatchObject({ status: 'committed' });
  expect(await stock()).toEqual([{ available: pots }, { available: maps }]);
});
