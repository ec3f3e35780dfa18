import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { orderApi } from '@waymark/contracts';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openJobs, type Jobs } from '@waymark/jobs';
import { serviceApp } from '@waymark/service-kit';
import { serve, until, type Served } from '@waymark/service-kit/testing';
import { placeOrder } from './place-order.ts';
import { routes } from './routes.ts';
import { openBench, type Bench } from './testing/bench.ts';
import { jobHandlers } from './job-handlers.ts';

let empty: TestDatabase;
let bench: Bench;
let jobs: Jobs;
let server: Served;

beforeAll(async () => {
  empty = await testDatabase();
  bench = await openBench(empty.url);
  jobs = openJobs(bench.parts.db, bench.parts.log, 1);
  const parts = { ...bench.parts, jobs };
  await jobs.start(jobHandlers(parts));
  const app = serviceApp({ api: orderApi, handlers: routes(parts), log: parts.log });
  server = await serve(app.callback());
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await jobs.stop();
  await bench[Symbol.asyncDispose]();
  await empty.drop();
});

let order: string;
let messageId: string;

/** Makes an order that was charged and then became a dead letter because the inventory failed. */
beforeEach(async () => {
  await bench.clear();
  await bench.parts.db.query('delete from dead_letters');
  order = (await placeOrder({ ...bench.parts, fulfilmentDelaySeconds: 600 }, randomUUID(), randomUUID(), [{ sku: 'lamp', quantity: 3 }]))
    .id;
  bench.inventory.faults = ['fails'];
  await bench.parts.db.query('update graphile_worker._private_jobs set run_at = now(), max_attempts = 1');
  await until(
    () => bench.statusOf(order),
    (status) => status === 'dead_letter',
    'the order to become a dead letter',
  );
  messageId = (await jobs.deadLetters())[0]?.messageId ?? '';
});

const ask = async (method: string, path: string): Promise<unknown[]> => {
  const answer = await fetch(server.url + path, { method });
  return [answer.status, await answer.json()];
};

test('an operator sees why an order became a dead letter', async () => {
  expect(await ask('GET', '/dead-letters')).toEqual([
    200,
    { items: [expect.objectContaining({ messageId, job: 'fulfil_order', payload: { orderId: order }, attempts: 1 })] },
  ]);
  expect(await bench.paymentOf(order)).toBe('accepted');
});

test('a replayed order is fulfilled and not charged again', async () => {
  expect(await ask('POST', `/dead-letters/${messageId}/replay`)).toEqual([201, { messageId: expect.any(String) }]);
  await until(
    () => bench.statusOf(order),
    (status) => status === 'fulfilled',
    'the order to be fulfilled',
  );
  expect(await bench.parts.db.query('select attempts, outcome from payments')).toEqual([{ attempts: 2, outcome: 'accepted' }]);
  expect(await ask('POST', `/dead-letters/${messageId}/replay`)).toMatchObject([409, { code: 'already_replayed' }]);
});

test('replaying an unknown dead letter gets a 404', async () => {
  expect(await ask('POST', `/dead-letters/${randomUUID()}/replay`)).toMatchObject([404, { code: 'not_found' }]);
  expect(await ask('POST', '/dead-letters/17/replay')).toMatchObject([404, { code: 'not_found' }]);
});

/** Runs the command and returns its exit code and output. */
const command = async (...args: string[]): Promise<[code: number, printed: unknown]> =>
  new Promise((resolve) => {
    const env = { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], PORT: String(server.port) };
    execFile(process.execPath, [join(import.meta.dirname, 'dead-letters.ts'), ...args], { env }, (error, printed) =>
      resolve([Number(error?.code ?? 0), JSON.parse(printed)]),
    );
  });

test('the command lists and replays', async () => {
  expect(await command()).toEqual([0, { items: [expect.objectContaining({ messageId })] }]);
  expect(await command('list', '--job', 'release_stock')).toEqual([0, { items: [] }]);
  expect(await command('list', '--reason', 'inventory service FAILED', '--replayed', 'false')).toMatchObject([
    0,
    { items: [{ messageId }] },
  ]);
  expect(await command('replay', messageId)).toEqual([0, { messageId: expect.any(String) }]);
  expect(await command('replay', messageId)).toMatchObject([1, { code: 'already_replayed' }]);
  expect(await command('list', '--replayed', 'false')).toEqual([0, { items: [] }]);
});

test('one command replays the many dead letters of an outage', async () => {
  const { db } = bench.parts;
  await db.query(
    `insert into dead_letters (message_id, job, message, attempts, last_error)
     select gen_random_uuid(), job, json_build_object('messageId', gen_random_uuid(), 'carrier', json_build_object(), 'payload',
       json_build_object('orderId', gen_random_uuid()), 'version', case when n = 7 then 9 else 1 end), 5, 'The inventory service failed.'
     from dead_letters, generate_series(1, 149) n`,
  );
  const page = (await command('list', '--limit', '100'))[1] as { items: { messageId: string }[] };
  const [, rest] = await command('list', '--after', page.items.at(-1)?.messageId ?? '');
  expect([page.items.length, (rest as typeof page).items.length]).toEqual([100, 50]);
  expect(await command('replay', '--all', '--job', 'release_stock')).toEqual([0, { replayed: 0, failed: [], more: false }]);
  expect(await command('replay', '--all', '--reason', 'inventory')).toEqual([
    0,
    { replayed: 149, failed: [{ messageId: expect.any(String), code: 'not_replayable' }], more: false },
  ]);
  await until(
    () => bench.statusOf(order),
    (status) => status === 'fulfilled',
    'the order to be fulfilled',
  );
}, 60_000);
