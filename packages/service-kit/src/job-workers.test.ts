import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openDatabase, type Database } from './database.ts';
import { unlockDeadWorkers } from './job-workers.ts';
import { work } from './job.ts';
import { openJobs, type Jobs } from './jobs.ts';
import { echoJob } from './testing/echo-job.ts';
import { runProgram, type Program } from './testing/program.ts';
import { recordLog } from './testing/record-log.ts';
import { until } from './testing/until.ts';

const { log, lines } = recordLog();
let empty: TestDatabase;
let db: Database;
let jobs: Jobs;

beforeEach(async () => {
  empty = await testDatabase();
  db = openDatabase(empty.url, log);
  jobs = openJobs(db, log, 3);
});
afterEach(async () => {
  await jobs.stop();
  await db.close();
  await empty.drop();
});

const add = async (text: string): Promise<void> => db.transaction((tx) => jobs.add(tx, echoJob, { text }));
const startWorker = (): Program => runProgram('worker-program', { DATABASE_URL: empty.url, OTEL_TRACES_EXPORTER: 'none' });

/** Its tables are there once it has started. */
async function addOnceStarted(text: string): Promise<void> {
  const added = (): Promise<boolean> =>
    add(text).then(
      () => true,
      () => false,
    );
  await until(added, Boolean, 'the worker to start');
}

test('the job of a worker that was killed is done by another within seconds', async () => {
  await using killed = startWorker();
  await addOnceStarted('hello');
  await killed.logged('working on hello');
  killed.kill('SIGKILL');
  expect(await killed.ended).toBe('SIGKILL');

  const done: string[] = [];
  const run = async ({ text }: { text: string }): Promise<void> => void done.push(text);
  await jobs.start([work(echoJob, { run })]);
  await until(
    () => done,
    ({ length }) => length > 0,
    'the other to do it',
  );
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'a worker died; its jobs are given to others', jobs: 1 }));
}, 40_000);

test('a job that takes long is not taken from a worker that lives', async () => {
  const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    begun.resolve(undefined);
    await end.promise;
  };
  await jobs.start([work(echoJob, { run })]);
  await add('slow');
  await begun.promise;
  const seen = async (): Promise<unknown[]> => db.query(`select from job_workers where seen_at > now() - interval '5 seconds'`);
  await until(seen, ({ length }) => length === 1, 'the first sign of life');
  await db.query(`update graphile_worker._private_jobs set locked_at = now() - interval '1 hour'`);
  await unlockDeadWorkers(db, 'another', log);
  expect(await db.query('select attempts from graphile_worker.jobs where locked_by is not null')).toEqual([{ attempts: 1 }]);
  end.resolve(undefined);
  await jobs.stop();
  expect(runs).toBe(1);
});

test('a job that ends while the database is away does not bring the process down', async () => {
  const admin = openDatabase(process.env['TEST_POSTGRES_URL'] ?? '', log);
  const name = new URL(empty.url).pathname.slice(1);
  await using worker = startWorker();
  await addOnceStarted('hello');
  await worker.logged('working on hello');

  await db.close();
  await admin.query(`alter database ${name} allow_connections false`);
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  worker.kill('SIGUSR2');
  await worker.logged('done with hello');
  await worker.logged('the job worker stopped');
  await admin.query(`alter database ${name} allow_connections true`);
  await admin.close();

  db = openDatabase(empty.url, log);
  jobs = openJobs(db, log, 3);
  await add('again');
  expect(await worker.logged('working on again')).toBeDefined();
}, 40_000);
