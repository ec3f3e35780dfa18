import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openJobs, type Jobs } from '@waymark/jobs';
import { until } from '@waymark/service-kit/testing';
import { placeOrder } from './place-order.ts';
import { openBench, type Bench } from './testing/bench.ts';
import { jobHandlers } from './job-handlers.ts';

let empty: TestDatabase;
let bench: Bench;
let jobs: Jobs;

beforeAll(async () => {
  empty = await testDatabase();
  bench = await openBench(empty.url);
  jobs = openJobs(bench.parts.db, bench.parts.log, 1);
});
afterAll(async () => {
  await jobs.stop();
  await bench[Symbol.asyncDispose]();
  await empty.drop();
});

test('if each message is delivered twice, an order is still paid and committed once, or released', async () => {
  const place = async (quantity: number): Promise<string> =>
    (await placeOrder(bench.parts, randomUUID(), randomUUID(), [{ sku: 'lamp', quantity }])).id;
  const [paid, declined] = [await place(1), await place(1)];
  const { db } = bench.parts;
  await db.query('update orders set total_cents = 1000001 where id = $1', [declined]);
  // From here on every job is stored twice, like by a broker that delivers at least once.
  await db.query(`insert into graphile_worker._private_jobs (task_id, payload) select task_id, payload from graphile_worker._private_jobs`);
  await db.query(`create function twice() returns trigger as $$ begin
    insert into graphile_worker._private_jobs (task_id, payload) values (new.task_id, new.payload); return new; end $$ language plpgsql`);
  await db.query(
    `create trigger twice after insert on graphile_worker._private_jobs for each row when (new.key is not null) execute procedure twice()`,
  );

  await jobs.start(jobHandlers({ ...bench.parts, jobs }));
  const left = async (): Promise<unknown[]> => db.query('select from graphile_worker.jobs');
  await until(left, ({ length }) => length === 0, 'all to be done');
  expect([await bench.statusOf(paid), await bench.statusOf(declined)]).toEqual(['fulfilled', 'rejected']);
  expect(await db.query('select order_id as id, outcome from payments order by outcome')).toEqual([
    { id: paid, outcome: 'accepted' },
    { id: declined, outcome: 'declined' },
  ]);
  const calls = (call: string): number => bench.inventory.calls.filter((one) => one === call).length;
  expect([calls(`commit ${paid}`) > 0, calls(`commit ${declined}`), calls(`release ${declined}`), calls(`release ${paid}`)]).toEqual([
    true,
    0,
    2,
    0,
  ]);
  expect(await jobs.deadLetters()).toEqual([]);
});
