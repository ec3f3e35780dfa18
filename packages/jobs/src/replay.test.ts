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
const replayed: string[] = [];
let works = false;
let replayHook: () => void;

beforeEach(async () => {
  [done.length, replayed.length, works, replayHook] = [0, 0, false, () => undefined];
  const run = async ({ text }: { text: string }): Promise<void> => {
    if (!works) throw new Error('not today');
    done.push(text);
  };
  const onReplay = async (_: unknown, { text }: { text: string }): Promise<void> => {
    replayed.push(text);
    replayHook();
  };
  await place.jobs.start([handle(greet, { run, onReplay })]);
});

/** Makes a job fail for good and returns the id of its dead letter. */
async function deadLetterOf(text: string): Promise<string> {
  await span('the request', () => place.add(greet, { text }));
  await allDone();
  const [letter] = await place.jobs.deadLetters();
  return letter?.messageId ?? '';
}

test('a dead letter has its payload, its trace and the reason it failed', async () => {
  const messageId = await deadLetterOf('hello');
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

test('a replay adds a new message with a link to the first trace, and runs onReplay', async () => {
  const messageId = await deadLetterOf('hello');
  works = true;
  const newId = await span('the replay', () => place.jobs.replay(messageId));
  await allDone();
  expect([done, replayed]).toEqual([['hello'], ['hello']]);
  expect(await place.jobs.deadLetters()).toMatchObject([{ messageId, replayedAt: expect.any(String), replayedAs: newId }]);

  const [first, again] = await spansNamed('send greet', 2);
  const [replay] = await spansNamed('the replay', 1);
  expect(again).toMatchObject({ traceId: replay?.traceId, parentSpanId: replay?.spanId });
  expect([attribute(again, 'messaging.message.id'), links(again)]).toEqual([newId, [first?.spanId]]);
  const attempts = await spansNamed('process greet', MAX_ATTEMPTS + 1);
  expect(attempts.at(-1)).toMatchObject({ traceId: replay?.traceId, parentSpanId: again?.spanId });
});

test('lists dead letters that were not replayed first, then the newest', async () => {
  const [first, second, third] = [await deadLetterOf('one'), await deadLetterOf('two'), await deadLetterOf('three')];
  works = true;
  await place.jobs.replay(third);
  expect((await place.jobs.deadLetters()).map(({ messageId }) => messageId)).toEqual([second, first, third]);
});

test('a replayed job that fails again becomes another dead letter, which can be replayed too', async () => {
  const first = await deadLetterOf('hello');
  const second = await place.jobs.replay(first);
  await allDone();
  expect((await place.jobs.deadLetters()).map(({ messageId }) => messageId)).toEqual([second, first]);
  works = true;
  await place.jobs.replay(second);
  await allDone();
  expect(done).toEqual(['hello']);
});

test('of many replays at the same time one succeeds, and the others name its message', async () => {
  const messageId = await deadLetterOf('hello');
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => place.jobs.replay(messageId)));
  const [newId, ...more] = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(more).toEqual([]);
  await expect(place.jobs.replay(messageId)).rejects.toMatchObject({
    status: 409,
    code: 'already_replayed',
    message: `It was replayed as message ${newId}.`,
  });
});

test('if onReplay fails, the dead letter is not replayed', async () => {
  const messageId = await deadLetterOf('hello');
  replayHook = () => {
    throw new Error('crash');
  };
  await expect(place.jobs.replay(messageId)).rejects.toThrow('crash');
  expect(await jobsLeft()).toEqual([]);
  expect((await place.jobs.deadLetters())[0]).not.toHaveProperty('replayedAt');
});

test('a payload that no handler understands cannot be replayed, nor can an unknown dead letter', async () => {
  await place.add<unknown>(greet, { text: 7 });
  await allDone();
  const [poison] = await place.jobs.deadLetters();
  await expect(place.jobs.replay(poison?.messageId ?? '')).rejects.toMatchObject({ status: 409, code: 'not_replayable' });
  expect((await place.jobs.deadLetters())[0]).not.toHaveProperty('replayedAt');
  await expect(place.jobs.replay(randomUUID())).rejects.toMatchObject({ status: 404, code: 'not_found' });
});
