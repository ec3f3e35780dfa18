import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { shutdownTracing, span, startTracing } from '@waymark/tracing';
import { openDatabase, type Database } from './database.ts';
import { work } from './job.ts';
import { openJobs, type Jobs } from './jobs.ts';
import { echoJob } from './testing/echo-job.ts';
import { recordLog } from './testing/record-log.ts';
import { attribute, startSpanReceiver, type ReceivedSpan } from './testing/span-receiver.ts';
import { until } from './testing/until.ts';

const { log, lines } = recordLog();
const MAX_ATTEMPTS = 2;
let receiver: Awaited<ReturnType<typeof startSpanReceiver>>;
let empty: TestDatabase;
let db: Database;
let jobs: Jobs;

beforeAll(async () => {
  receiver = await startSpanReceiver();
  Object.assign(process.env, receiver.env);
  startTracing();
});
afterAll(async () => {
  await shutdownTracing();
  await receiver[Symbol.asyncDispose]();
});
beforeEach(async () => {
  empty = await testDatabase();
  db = openDatabase(empty.url, log);
  jobs = openJobs(db, log, MAX_ATTEMPTS);
  receiver.spans.length = 0;
  lines.length = 0;
});
afterEach(async () => {
  await jobs.stop();
  await db.close();
  await empty.drop();
});

const nothing = (): Promise<void> => Promise.resolve();
const start = async (run: (text: string) => Promise<void>, bury: Parameters<typeof work<{ text: string }>>[2] = nothing): Promise<void> =>
  jobs.start([work(echoJob, ({ text }) => run(text), bury)]);
const add = async (text: string): Promise<void> => db.transaction((tx) => jobs.add(tx, echoJob, { text }));
const jobsLeft = async (): Promise<{ attempts: number; last_error: string | null }[]> =>
  db.query('select attempts, last_error from graphile_worker.jobs');
const deadLetters = async (): Promise<Record<string, unknown>[]> => db.query('select * from dead_letters');

/** The jobs that are left; those that wait to be tried again are tried now. */
async function hurried(): ReturnType<typeof jobsLeft> {
  await db.query('update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()');
  return jobsLeft();
}

async function allDone(): Promise<void> {
  await until(hurried, ({ length }) => length === 0, 'all jobs to be done');
}

const spansNamed = async (name: string, count: number): Promise<ReceivedSpan[]> => {
  const found = (): ReceivedSpan[] => receiver.spans.filter((one) => one.name === name);
  return until(found, ({ length }) => length >= count, `${count} spans "${name}"`);
};

test('a job runs once, with its payload, as a child of who asked for it', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  await span('the request', () => add('hello'));
  await allDone();
  expect(done).toEqual(['hello']);

  const [request] = await spansNamed('the request', 1);
  const [sent] = await spansNamed('send echo', 1);
  const worked = await spansNamed('process echo', 1);
  expect(sent).toMatchObject({ traceId: request?.traceId, parentSpanId: request?.spanId });
  expect(worked).toEqual([expect.objectContaining({ traceId: sent?.traceId, parentSpanId: sent?.spanId })]);
  expect(attribute(worked[0], 'messaging.message.id')).toBe(attribute(sent, 'messaging.message.id'));
});

test('a job that was added in a transaction that was rolled back never runs', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  const failing = db.transaction(async (tx) => {
    await jobs.add(tx, echoJob, { text: 'never' });
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await jobsLeft()).toEqual([]);
  await add('later');
  await allDone();
  expect(done).toEqual(['later']);
});

test('a delayed job waits', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  await db.transaction((tx) => jobs.add(tx, echoJob, { text: 'late' }, 600));
  await add('at once');
  await until(jobsLeft, ({ length }) => length === 1, 'the other to be done');
  expect(done).toEqual(['at once']);
  await allDone();
  expect(done).toEqual(['at once', 'late']);
});

test('a job that fails is tried again, and each attempt says which it is', async () => {
  const tried: string[] = [];
  await start(async (text) => {
    if (tried.push(text) < MAX_ATTEMPTS) throw new Error('not today');
  });
  await add('hello');
  await allDone();
  expect(tried).toEqual(['hello', 'hello']);
  const attempts = await spansNamed('process echo', 2);
  expect(attempts.map((one) => attribute(one, 'waymark.job.attempt'))).toEqual(['1', '2']);
  expect(attempts.map((one) => attribute(one, 'waymark.job.max_attempts'))).toEqual(['2', '2']);
  expect(await deadLetters()).toEqual([]);
});

test('a job that fails to the last is a dead letter, together with what its kind does then', async () => {
  await db.query('create table buried (text text)');
  await start(
    () => Promise.reject(new Error('never works')),
    async (tx, { text }) => void (await tx.query('insert into buried values ($1)', [text])),
  );
  await span('the request', () => add('hello'));
  await allDone();
  expect(await deadLetters()).toEqual([
    expect.objectContaining({
      job: 'echo',
      attempts: MAX_ATTEMPTS,
      last_error: 'never works',
      message: expect.objectContaining({ payload: { text: 'hello' } }),
    }),
  ]);
  expect(await db.query('select text from buried')).toEqual([{ text: 'hello' }]);
  const [[sent], [buried]] = await Promise.all([spansNamed('send echo', 1), spansNamed('dead-letter echo', 1)]);
  expect(buried).toMatchObject({ traceId: sent?.traceId, parentSpanId: sent?.spanId });
});

test('what cannot be buried stays whole, and does not hold up the others', async () => {
  await db.query('create table buried (text text)');
  let curse = 'cursed';
  await start(
    () => Promise.reject(new Error('never works')),
    async (tx, { text }) => {
      await tx.query('insert into buried values ($1)', [text]);
      if (text === curse) throw new Error('cannot be buried');
    },
  );
  await add('cursed');
  await add('other');
  const left = await until(hurried, (all) => all.length === 1 && all[0]?.attempts === MAX_ATTEMPTS, 'one to be buried');
  expect(left).toEqual([{ attempts: MAX_ATTEMPTS, last_error: 'never works' }]);
  expect(await db.query('select text from buried')).toEqual([{ text: 'other' }]);
  expect(await deadLetters()).toHaveLength(1);
  curse = '';
  await allDone();
  expect(await deadLetters()).toHaveLength(2);
});

test('a payload that its kind does not understand is a dead letter too', async () => {
  const buried: string[] = [];
  await start(nothing, async (_, { text }) => void buried.push(text));
  await db.transaction((tx) => jobs.add(tx, { ...echoJob, payload: echoJob.payload as never }, { text: 7 }));
  await allDone();
  expect(await deadLetters()).toEqual([expect.objectContaining({ job: 'echo', last_error: expect.stringContaining('expected string') })]);
  expect(buried).toEqual([]);
});

test('a row that is no message of ours is dropped, and does no harm', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  await db.query(`select graphile_worker.add_job('echo', '{"hello": 1}', max_attempts => 1)`);
  await add('hello');
  await allDone();
  expect([done, await deadLetters()]).toEqual([['hello'], []]);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'a job that is no message of ours was dropped', job: 'echo' }));
});

test('stopping waits for the jobs in hand, and leaves the rest stored', async () => {
  const end = Promise.withResolvers<undefined>();
  const begun: string[] = [];
  await start(async (text) => {
    begun.push(text);
    await end.promise;
  });
  await Promise.all(['1', '2', '3', '4', '5', '6'].map(add));
  await until(
    () => begun,
    ({ length }) => length === 4,
    'each worker to have a job in hand',
  );
  const stopped = jobs.stop();
  end.resolve(undefined);
  await stopped;
  expect(await jobsLeft()).toMatchObject([{ attempts: 0 }, { attempts: 0 }]);
  expect(begun).toHaveLength(4);
});

test('a worker that stops is alive until its last job has ended', async () => {
  const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  await start(async () => {
    begun.resolve(undefined);
    await end.promise;
  });
  await add('slow');
  await begun.promise;
  const stopped = jobs.stop();
  await db.query(`update job_workers set seen_at = now() - interval '1 minute'`);
  const alive = async (): Promise<unknown[]> => db.query(`select from job_workers where seen_at > now() - interval '10 seconds'`);
  expect(await until(alive, ({ length }) => length > 0, 'a sign of life')).toHaveLength(1);
  end.resolve(undefined);
  await stopped;
});

test('stopping at once after the start ends', async () => {
  await start(nothing);
  await expect(jobs.stop()).resolves.toBeUndefined();
});

test('the loss of all its connections does not stop the worker', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  await add('before');
  await allDone();
  const admin = openDatabase(empty.url, log);
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await admin.close();
  await until(
    () =>
      add('after').then(
        () => true,
        () => false,
      ),
    Boolean,
    'the database to be back',
  );
  await allDone();
  expect(done).toContain('after');
});
