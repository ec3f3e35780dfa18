import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import { testDatabase } from '@waymark/local-stack';
import { span } from '@waymark/tracing';
import { defineJob, handle } from './job.ts';
import { echoJob } from './testing/echo-job.ts';
import { attribute, links } from '@waymark/service-kit/testing';
import { MAX_ATTEMPTS, workplace } from './testing/workplace.ts';

const place = workplace(testDatabase);
const { allDone, spansNamed, jobsLeft } = place;

const greet = defineJob({ ...echoJob, name: 'greet', key: ({ text }) => text });
const done: string[] = [];
const revived: string[] = [];
let works = false;
let revival: () => void;

beforeEach(async () => {
  [done.length, revived.length, works, revival] = [0, 0, false, () => undefined];
  const run = async ({ text }: { text: string }): Promise<void> => {
    if (!works) throw new Error('not today');
    done.push(text);
  };
  const revive = async (_: unknown, { text }: { text: string }): Promise<void> => {
    revived.push(text);
    revival();
  };
  await place.jobs.start([handle(greet, { run, onReplay: revive })]);
});

/** The id of a job that failed for good. */
async function dead(text: string): Promise<string> {
  await span('the request', () => place.add(greet, { text }));
  await allDone();
  const [letter] = await place.jobs.deadLetters();
  return letter?.messageId ?? '';
}

test('a dead letter tells what it was, of which trace, and how it failed', async () => {
  const messageId = await dead('hello');
  const [[request], [sent]] = await Promise.all([spansNamed('the request', 1), spansNamed('send greet', 1)]);
  expect(attribute(sent, 'messaging.message.id')).toBe(messageId);
  expect(await place.jobs.deadLetters()).toEqual([
    {
      messageId,
      job: 'greet',
      payload: { text: 'hello' },
      attempts: MAX_ATTEMPTS,
      reason: 'not today',
      diedAt: expect.stringMatching(/^\d{4}-/),
      traceId: request?.traceId,
    },
  ]);
});

test('a dead letter that is replayed is a new message, linked to the trace of the first, whose subject was revived', async () => {
  const messageId = await dead('hello');
  works = true;
  const newId = await span('the replay', () => place.jobs.replay(messageId));
  await allDone();
  expect([done, revived]).toEqual([['hello'], ['hello']]);
  expect(await place.jobs.deadLetters()).toMatchObject([{ messageId, replayedAt: expect.any(String), replayedAs: newId }]);

  const [first, again] = await spansNamed('send greet', 2);
  const [replay] = await spansNamed('the replay', 1);
  expect(again).toMatchObject({ traceId: replay?.traceId, parentSpanId: replay?.spanId });
  expect([attribute(again, 'messaging.message.id'), links(again)]).toEqual([newId, [first?.spanId]]);
  const attempts = await spansNamed('process greet', MAX_ATTEMPTS + 1);
  expect(attempts.at(-1)).toMatchObject({ traceId: replay?.traceId, parentSpanId: again?.spanId });
});

test('those that were not replayed come first, then the newest', async () => {
  const [first, second, third] = [await dead('one'), await dead('two'), await dead('three')];
  works = true;
  await place.jobs.replay(third);
  expect((await place.jobs.deadLetters()).map(({ messageId }) => messageId)).toEqual([second, first, third]);
});

test('what fails again is another dead letter, and can be replayed in its turn', async () => {
  const first = await dead('hello');
  const second = await place.jobs.replay(first);
  await allDone();
  expect((await place.jobs.deadLetters()).map(({ messageId }) => messageId)).toEqual([second, first]);
  works = true;
  await place.jobs.replay(second);
  await allDone();
  expect(done).toEqual(['hello']);
});

test('by many at once, it is replayed once, and the others are told as what', async () => {
  const messageId = await dead('hello');
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => place.jobs.replay(messageId)));
  const [newId, ...more] = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(more).toEqual([]);
  await expect(place.jobs.replay(messageId)).rejects.toMatchObject({
    status: 409,
    code: 'already_replayed',
    message: `It was replayed as message ${newId}.`,
  });
});

test('if its subject cannot be revived, it was not replayed', async () => {
  const messageId = await dead('hello');
  revival = () => {
    throw new Error('crash');
  };
  await expect(place.jobs.replay(messageId)).rejects.toThrow('crash');
  expect(await jobsLeft()).toEqual([]);
  expect((await place.jobs.deadLetters())[0]).not.toHaveProperty('replayedAt');
});

test('what nobody understands cannot be replayed, nor what is not there', async () => {
  await place.add<unknown>(greet, { text: 7 });
  await allDone();
  const [poison] = await place.jobs.deadLetters();
  await expect(place.jobs.replay(poison?.messageId ?? '')).rejects.toMatchObject({ status: 409, code: 'not_replayable' });
  expect((await place.jobs.deadLetters())[0]).not.toHaveProperty('replayedAt');
  await expect(place.jobs.replay(randomUUID())).rejects.toMatchObject({ status: 404, code: 'not_found' });
});
