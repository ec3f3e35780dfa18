import { expect, test } from '@jest/globals';
import { testDatabase } from '@waymark/local-stack';
import { span } from '@waymark/tracing';
import { defineJob, handle } from './job.ts';
import { echoJob } from './testing/echo-job.ts';
import { attribute, links, until } from '@waymark/service-kit/testing';
import { MAX_ATTEMPTS, workplace } from './testing/workplace.ts';

const place = workplace(testDatabase);
const { allDone, jobsLeft, spansNamed, spanNames } = place;

const greet = defineJob({ ...echoJob, name: 'greet', key: ({ text }) => text });
const remind = defineJob({ ...greet, name: 'remind', trace: 'link' });
const LATER = 600;

const done: string[] = [];
const start = async (run: (text: string) => Promise<void> = async (text) => void done.push(text)): Promise<void> => {
  done.length = 0;
  await place.jobs.start([greet, remind].map((kind) => handle(kind, { run: ({ text }) => run(text) })));
};

test('a cancelled job never runs, and its trace says so, with links to and from the cancelling trace', async () => {
  await start();
  await span('the request', () => place.add(greet, { text: 'Ada' }, LATER));
  await place.add(greet, { text: 'Bob' }, LATER);
  await span('the other request', () => place.cancel(greet, { text: 'Ada' }));
  await allDone();
  expect(done).toEqual(['Bob']);
  const [[sent], [taken], [other]] = await Promise.all([
    spansNamed('send greet', 1),
    spansNamed('cancel greet', 1),
    spansNamed('the other request', 1),
  ]);
  expect(taken).toMatchObject({ traceId: sent?.traceId, parentSpanId: sent?.spanId });
  expect(attribute(taken, 'messaging.message.id')).toBe(attribute(sent, 'messaging.message.id'));
  expect([links(taken), links(other)]).toEqual([[other?.spanId], [taken?.spanId]]);
});

test('a cancellation that is rolled back has no effect and leaves no span', async () => {
  await start();
  await place.add(greet, { text: 'Ada' }, LATER);
  const failing = span('the other request', () =>
    place.db.transaction(async (tx) => {
      await place.jobs.cancel(tx, greet, { text: 'Ada' });
      throw new Error('changed my mind');
    }),
  );
  await expect(failing).rejects.toThrow('changed my mind');
  await allDone();
  expect(done).toEqual(['Ada']);
  await spansNamed('process greet', 1);
  expect(spanNames()).not.toContain('cancel greet');
});

test('cancelling leaves a running job alone, with all its attempts', async () => {
  const [begun, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let attempts = 0;
  await start(async () => {
    attempts += 1;
    begun.resolve(undefined);
    await end.promise;
    if (attempts < MAX_ATTEMPTS) throw new Error('not today');
  });
  await place.add(greet, { text: 'Ada' });
  await begun.promise;
  await place.cancel(greet, { text: 'Ada' });
  end.resolve(undefined);
  await allDone();
  expect(attempts).toBe(MAX_ATTEMPTS);
  await spansNamed('process greet', MAX_ATTEMPTS);
  expect(spanNames()).not.toContain('cancel greet');
});

test('cancels a job that waits for its next attempt', async () => {
  await start(() => Promise.reject(new Error('never works')));
  await place.add(greet, { text: 'Ada' });
  await until(jobsLeft, ([one]) => one?.last_error !== null, 'the first attempt to fail');
  await place.cancel(greet, { text: 'Ada' });
  expect(await jobsLeft()).toEqual([]);
});

test('does not cancel a job with no attempts left: it becomes a dead letter', async () => {
  await start();
  await place.jobs.stop();
  await place.add(greet, { text: 'Ada' });
  await place.db.query('update graphile_worker._private_jobs set attempts = max_attempts');
  await place.cancel(greet, { text: 'Ada' });
  expect(await jobsLeft()).toMatchObject([{ attempts: MAX_ATTEMPTS }]);
});

test('cancelling a job that does not exist does nothing', async () => {
  await start();
  await span('the other request', () => place.cancel(greet, { text: 'Ada' }));
  await spansNamed('the other request', 1);
  expect(spanNames()).toEqual(['the other request']);
});

test('only one job per key waits: in mode parent a second one is an error, in mode link it replaces the first', async () => {
  await start();
  await place.add(greet, { text: 'Ada' }, LATER);
  await expect(place.add(greet, { text: 'Ada' }, LATER)).rejects.toThrow('A job greet:Ada is already waiting: cancel it');
  await place.add(remind, { text: 'Bob' }, LATER);
  await place.add(remind, { text: 'Bob' }, LATER);
  expect(await jobsLeft()).toHaveLength(2);
  await allDone();
  expect(done.toSorted()).toEqual(['Ada', 'Bob']);
});

test('in mode link a cancellation leaves no span, because no trace waits for the job', async () => {
  await start();
  await place.add(remind, { text: 'Ada' }, LATER);
  await span('the other request', () => place.cancel(remind, { text: 'Ada' }));
  expect(await jobsLeft()).toEqual([]);
  await spansNamed('the other request', 1);
  expect(spanNames()).not.toContain('cancel remind');
});
