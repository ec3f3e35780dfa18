import { expect, test } from '@jest/globals';
import { testDatabase } from '@waymark/local-stack';
import { span } from '@waymark/tracing';
import { currentUser, forUser, openDatabase } from '@waymark/service-kit';
import { handle, type JobHandler } from './job.ts';
import { echoJob } from './testing/echo-job.ts';
import { attribute, until } from '@waymark/service-kit/testing';
import { CONCURRENCY } from './worker.ts';
import { MAX_ATTEMPTS, workplace } from './testing/workplace.ts';

const place = workplace(testDatabase);
const { jobsLeft, hurried, allDone, spansNamed } = place;

const nothing = (): Promise<void> => Promise.resolve();
type More = Partial<JobHandler<{ text: string }>>;
const start = async (run: (text: string) => Promise<void>, more: More = {}): Promise<void> =>
  place.jobs.start([handle(echoJob, { run: ({ text }) => run(text), ...more })]);
const add = async (text: string): Promise<void> => place.add(echoJob, { text });
const deadLetters = async (): Promise<Record<string, unknown>[]> => place.db.query('select * from dead_letters');

test('a job runs once, with its payload, as a child of the request', async () => {
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

test('a job knows the user of the request that added it, and its log lines say so', async () => {
  const users: unknown[] = [];
  await start(async () => {
    users.push(currentUser());
    throw new Error('out of glue');
  });
  await forUser('ada', () => add('for ada'));
  await until(jobsLeft, ([job]) => job?.attempts === 1 && job.last_error !== null, 'the first attempt to have failed');
  expect(users).toEqual(['ada']);
  expect(place.lines.filter(({ msg }) => msg === 'an attempt at a job failed')).toEqual([expect.objectContaining({ user_id: 'ada' })]);
});

test('a job added in a transaction that is rolled back never runs', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  const failing = place.db.transaction(async (tx) => {
    await place.jobs.add(tx, echoJob, { text: 'never' });
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
  await place.add(echoJob, { text: 'late' }, 600);
  await add('at once');
  await until(jobsLeft, ({ length }) => length === 1, 'the other to be done');
  expect(done).toEqual(['at once']);
  await allDone();
  expect(done).toEqual(['at once', 'late']);
});

test('a failed job is retried, and each attempt has its number on its span', async () => {
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

test('a failed attempt says on its span when the next one is due, and is logged once with its trace', async () => {
  await start(() => Promise.reject(new Error('not today')));
  await add('hello');
  const [failed] = await spansNamed('process echo', 1);
  const waiting = async (): Promise<{ dueMs: number }[]> =>
    place.db.query(
      `select extract(epoch from run_at)::float8 * 1000 as "dueMs" from graphile_worker.jobs where attempts = 1 and locked_at is null and last_error is not null`,
    );
  const [job] = await until(waiting, ({ length }) => length === 1, 'the failure to be stored');
  const said = Date.parse(attribute(failed, 'waymark.job.next_attempt_at') ?? '');
  // The queue counts from the time when it stores the failure.
  expect(Math.abs((job?.dueMs ?? 0) - said)).toBeLessThan(1_000);
  expect(place.lines.filter(({ level }) => level >= 40)).toMatchObject([
    { msg: 'an attempt at a job failed', job: 'echo', attempt: 1, trace_id: failed?.traceId, span_id: failed?.spanId },
  ]);
});

test('a job whose last attempt fails becomes a dead letter, and its onDeadLetter runs', async () => {
  await place.db.query('create table failed_texts (text text)');
  await start(() => Promise.reject(new Error('never works')), {
    onDeadLetter: async (tx, { text }) => void (await tx.query('insert into failed_texts values ($1)', [text])),
  });
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
  expect(await place.db.query('select text from failed_texts')).toEqual([{ text: 'hello' }]);
  const [[sent], [deadLetter]] = await Promise.all([spansNamed('send echo', 1), spansNamed('dead-letter echo', 1)]);
  expect(deadLetter).toMatchObject({ traceId: sent?.traceId, parentSpanId: sent?.spanId });
});

test('what onDeadLetter failed stays whole, and does not hold up the others', async () => {
  await place.db.query('create table failed_texts (text text)');
  let failing = 'failing';
  await start(() => Promise.reject(new Error('never works')), {
    async onDeadLetter(tx, { text }) {
      await tx.query('insert into failed_texts values ($1)', [text]);
      if (text === failing) throw new Error('onDeadLetter failed');
    },
  });
  await add('failing');
  await add('other');
  const left = await until(hurried, (all) => all.length === 1 && all[0]?.attempts === MAX_ATTEMPTS, 'one dead letter to be stored');
  expect(left).toEqual([{ attempts: MAX_ATTEMPTS, last_error: 'never works' }]);
  expect(await place.db.query('select text from failed_texts')).toEqual([{ text: 'other' }]);
  expect(await deadLetters()).toHaveLength(1);
  failing = '';
  await allDone();
  expect(await deadLetters()).toHaveLength(2);
});

test('stop waits for the jobs in progress and leaves the rest stored', async () => {
  const end = Promise.withResolvers<undefined>();
  const begun: string[] = [];
  await start(async (text) => {
    begun.push(text);
    await end.promise;
  });
  await Promise.all(Array.from({ length: CONCURRENCY + 2 }, (_, at) => add(String(at))));
  await until(
    () => begun,
    ({ length }) => length === CONCURRENCY,
    'each worker to have a job in progress',
  );
  const stopped = place.jobs.stop();
  end.resolve(undefined);
  await stopped;
  expect(await jobsLeft()).toMatchObject([{ attempts: 0 }, { attempts: 0 }]);
  expect(begun).toHaveLength(CONCURRENCY);
});

test('isBehind is true while many more jobs are due than there are workers', async () => {
  const end = Promise.withResolvers<undefined>();
  await start(async () => end.promise);
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, at) => add(String(at))));
  await until(jobsLeft, (jobs) => jobs.length === CONCURRENCY && jobs.every(({ attempts }) => attempts === 1), 'each worker to have a job');
  expect(place.jobs.isBehind).toBe(false);
  await place.db.transaction(async (tx) => {
    for (let at = 0; at < 5 * CONCURRENCY; at += 1) await place.jobs.add(tx, echoJob, { text: `more ${at}` });
  });
  await until(() => place.jobs.isBehind, Boolean, 'the workers to be behind');
  end.resolve(undefined);
  await until(
    () => place.jobs.isBehind,
    (behind) => !behind,
    'the workers to have caught up',
  );
  expect((await jobsLeft()).length).toBeLessThan(5 * CONCURRENCY);
});

test('a stopping worker sends heartbeats until its last job has ended', async () => {
  const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  await start(async () => {
    begun.resolve(undefined);
    await end.promise;
  });
  await add('slow');
  await begun.promise;
  const stopped = place.jobs.stop();
  await place.db.query(`update job_workers set seen_at = now() - interval '1 minute'`);
  const alive = async (): Promise<unknown[]> => place.db.query(`select from job_workers where seen_at > now() - interval '10 seconds'`);
  expect(await until(alive, ({ length }) => length > 0, 'a heartbeat')).toHaveLength(1);
  end.resolve(undefined);
  await stopped;
});

test('stop right after start ends', async () => {
  await start(nothing);
  await expect(place.jobs.stop()).resolves.toBeUndefined();
});

test('the worker survives the loss of all its connections', async () => {
  const done: string[] = [];
  await start(async (text) => void done.push(text));
  await add('before');
  await allDone();
  const admin = openDatabase(place.url, place.log);
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
