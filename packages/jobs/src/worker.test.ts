import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { type Database, openDatabase, Problem, remainingMs, withDeadline } from '@waymark/service-kit';
import { unlockDeadWorkers } from './lease.ts';
import { handle, type Attempt } from './job.ts';
import { openJobs, type Jobs } from './jobs.ts';
import { echoJob } from './testing/echo-job.ts';
import { type Program, recordLog, runProgram, until } from '@waymark/service-kit/testing';

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
const startWorker = (): Program =>
  runProgram(join(import.meta.dirname, 'testing/worker-program.ts'), { DATABASE_URL: empty.url, OTEL_TRACES_EXPORTER: 'none' });

/** Adds a job as soon as the worker has started and created its tables. */
async function addOnceStarted(text: string): Promise<void> {
  const added = (): Promise<boolean> =>
    add(text).then(
      () => true,
      () => false,
    );
  await until(added, Boolean, 'the worker to start');
}

test('another worker runs the job of a killed worker within seconds', async () => {
  await using killed = startWorker();
  await addOnceStarted('hello');
  await killed.logged('working on hello');
  killed.kill('SIGKILL');
  expect(await killed.ended).toBe('SIGKILL');

  const done: string[] = [];
  const run = async ({ text }: { text: string }): Promise<void> => void done.push(text);
  await jobs.start([handle(echoJob, { run })]);
  await until(
    () => done,
    ({ length }) => length > 0,
    'the other worker to run it',
  );
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'a worker died; its jobs are given to others', jobs: 1 }));
}, 40_000);

test('a job of a worker that was killed before its first heartbeat is given to another worker', async () => {
  const done: string[] = [];
  await jobs.start([handle(echoJob, { run: async ({ text }) => void done.push(text) })]);
  await db.transaction((tx) => jobs.add(tx, echoJob, { text: 'hello' }, 3_600));
  await db.query(
    `update graphile_worker._private_jobs set run_at = now(), locked_by = 'pool-without-heartbeat', locked_at = now() - interval '1 minute'`,
  );
  await until(
    () => done,
    ({ length }) => length > 0,
    'the other worker to run it',
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ msg: 'a worker died; its jobs are given to others', worker: 'pool-without-heartbeat' }),
  );
});

test('a long job is not taken from a worker that is alive', async () => {
  const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    begun.resolve(undefined);
    await end.promise;
  };
  await jobs.start([handle(echoJob, { run })]);
  await add('slow');
  await begun.promise;
  const seen = async (): Promise<unknown[]> => db.query(`select from job_workers where seen_at > now() - interval '5 seconds'`);
  await until(seen, ({ length }) => length === 1, 'the first heartbeat');
  await db.query(`update graphile_worker._private_jobs set locked_at = now() - interval '1 hour'`);
  await unlockDeadWorkers(db.control, log);
  expect(await db.query('select attempts from graphile_worker.jobs where locked_by is not null')).toEqual([{ attempts: 1 }]);
  end.resolve(undefined);
  await jobs.stop();
  expect(runs).toBe(1);
});

test('a job that ends while the database is down does not end the process', async () => {
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

const hasFailed = (): boolean => lines.some(({ msg }) => msg.startsWith('Failed to complete jobs'));

test('a worker continues after it could not mark some of its jobs as done', async () => {
  const done: string[] = [];
  const beingMarked = async (): Promise<number> =>
    (await db.query(`select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`)).length;
  const slowOnes = async (): Promise<number> =>
    (await db.query(`select from graphile_worker._private_jobs where payload::text like '%slow%'`)).length;
  const hold: Record<string, () => Promise<unknown>> = {
    'slow too': () => until(beingMarked, (count) => count === 1, 'the first to be marked as done'),
    refused: () => until(beingMarked, (count) => count === 2, 'both to be marked as done'),
    last: () => until(slowOnes, (count) => count === 0, 'both to have been marked as done'),
  };
  const run = async ({ text }: { text: string }): Promise<void> => {
    await hold[text]?.();
    done.push(text);
  };
  await jobs.start([handle(echoJob, { run })]);
  // Fails some statements and not others, like a full disk.
  await db.query(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if old.payload::text like '%refused%' then raise 'the disk is full' using errcode = '53100'; end if;
      if old.payload::text like '%slow%' then perform pg_sleep(1); end if;
      return old;
    end $$`);
  await db.query('create trigger refuse before delete on graphile_worker._private_jobs for each row execute function refuse()');
  await Promise.all(['slow', 'slow too', 'refused', 'last'].map(add));
  await until(hasFailed, Boolean, 'the failure');
  await until(
    () => done,
    (all) => all.includes('last'),
    'the last',
  );
  await db.query('drop function refuse() cascade');
  await add('again');
  await until(
    () => done,
    (all) => all.includes('again'),
    'the worker to continue',
  );
  expect(new Set(done)).toEqual(new Set(['slow', 'slow too', 'refused', 'last', 'again']));
}, 90_000);

const terminateAll = async (admin: Database): Promise<unknown> =>
  admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()', [
    new URL(empty.url).pathname.slice(1),
  ]);

test('a job has its own deadline, even if a request opened the connection that woke its worker', async () => {
  const admin = openDatabase(process.env['TEST_POSTGRES_URL'] ?? '', log);
  const left: number[] = [];
  await jobs.start([handle(echoJob, { run: async () => void left.push(remainingMs()) })]);
  await terminateAll(admin);
  await admin.close();
  // This request opens connections. If the worker shared them, they would carry the request's deadline.
  const end = performance.now() + 1_500;
  while (performance.now() < end - 1_000) {
    await withDeadline(end - performance.now(), () =>
      Promise.all(Array.from({ length: 10 }, () => db.query('select pg_sleep(0.02)'))),
    ).catch(() => undefined);
  }
  await until(
    () => performance.now(),
    (now) => now > end,
    'the deadline of the request to pass',
  );
  await add('after the deadline');
  await until(
    () => left,
    ({ length }) => length === 1,
    'the job to run',
  );
  expect(left[0]).toBeGreaterThan(10_000);
  expect(left[0]).toBeLessThanOrEqual(60_000);
}, 30_000);

test('an attempt that fails because something is unavailable does not count', async () => {
  jobs = openJobs(db, log, 1);
  let runs = 0;
  const run = async (): Promise<void> => {
    runs += 1;
    if (runs < 4) throw new Problem(503, 'upstream_unavailable', 'The inventory service cannot be reached.');
  };
  await jobs.start([handle(echoJob, { run })]);
  await add('patient');
  const left = async (): Promise<unknown[]> => {
    await db.query('update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()');
    return db.query('select from graphile_worker.jobs');
  };
  await until(left, ({ length }) => length === 0, 'the job to be done');
  expect([runs, await jobs.deadLetters()]).toEqual([4, []]);
}, 30_000);

test('fence throws while the heartbeat is blocked, and stops throwing afterwards', async () => {
  const outcomes: string[] = [];
  const begun = Promise.withResolvers<undefined>();
  const run = async (_: { text: string }, attempt: Attempt): Promise<void> => {
    begun.resolve(undefined);
    const fenced = async (): Promise<boolean> => Promise.resolve(attempt.fence()).then(() => false);
    if (outcomes.length > 0) return void outcomes.push(String(await fenced()));
    await until(
      () => fenced().catch((error: Error) => error.name),
      (outcome) => outcome === 'StaleAttemptError',
      'the fence to close',
    );
    outcomes.push('closed');
    attempt.fence();
  };
  await jobs.start([handle(echoJob, { run })]);
  await add('slow');
  await begun.promise;
  await db.transaction(async (tx) => {
    await tx.query('lock table job_workers');
    await until(
      () => outcomes,
      ({ length }) => length === 1,
      'the lease to end',
    );
  });
  await until(
    () => outcomes,
    ({ length }) => length === 2,
    'the next attempt',
  );
  expect(outcomes).toEqual(['closed', 'false']);
}, 30_000);

test('stop aborts an attempt that takes too long and releases its job at once', async () => {
  const begun = Promise.withResolvers<undefined>();
  const run = async (): Promise<void> => {
    begun.resolve(undefined);
    for (;;) await db.query('select pg_sleep(0.01)');
  };
  await jobs.start([handle(echoJob, { run })]);
  await add('endless');
  await begun.promise;
  await jobs.stop(100);
  expect(await db.query('select attempts, locked_by from graphile_worker.jobs')).toEqual([{ attempts: 0, locked_by: null }]);
});
