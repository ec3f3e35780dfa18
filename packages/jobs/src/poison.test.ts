import { expect, test } from '@jest/globals';
import { testDatabase } from '@waymark/local-stack';
import { PoisonError, span } from '@waymark/tracing';
import fc from 'fast-check';
import { z } from 'zod';
import { defineJob, payloadOf, handle, type Job } from './job.ts';
import { messageIn } from './job.ts';
import { echoJob } from './testing/echo-job.ts';
import { attribute } from '@waymark/service-kit/testing';
import { workplace } from './testing/workplace.ts';

const place = workplace(testDatabase);
const { allDone, spansNamed, lines } = place;

const done: string[] = [];
const deadLettered: string[] = [];
const run = async ({ text }: { text: string }): Promise<void> => void done.push(text);
const start = async (...kinds: Job<{ text: string }>[]): Promise<void> => {
  done.length = 0;
  deadLettered.length = 0;
  await place.jobs.start(kinds.map((kind) => handle(kind, { run, onDeadLetter: async (_, { text }) => void deadLettered.push(text) })));
};

test('a payload that does not match its kind becomes a dead letter at once, and its trace and the log say so', async () => {
  await start(echoJob);
  await span('the request', () => place.add<unknown>(echoJob, { text: 7 }));
  await allDone();
  expect(await place.jobs.deadLetters()).toMatchObject([
    { job: 'echo', payload: { text: 7 }, attempts: 1, reason: expect.stringContaining('text: Invalid input: expected string') },
  ]);
  expect([done, deadLettered]).toEqual([[], []]);
  const [[sent], attempts, [dead]] = await Promise.all([
    spansNamed('send echo', 1),
    spansNamed('process echo', 1),
    spansNamed('dead-letter echo', 1),
  ]);
  expect(attempts.map((one) => attribute(one, 'error.type'))).toEqual(['poison_payload']);
  expect([attempts[0]?.parentSpanId, dead?.parentSpanId]).toEqual([sent?.spanId, sent?.spanId]);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'a job failed for good', reason: expect.stringContaining('text') }));
});

test('a handler that throws PoisonError is not retried, and onDeadLetter runs', async () => {
  const onDeadLetter = async (_: unknown, { text }: { text: string }): Promise<void> => void deadLettered.push(text);
  await place.jobs.start([handle(echoJob, { run: () => Promise.reject(new PoisonError('unknown name')), onDeadLetter })]);
  await place.add(echoJob, { text: 'hello' });
  await allDone();
  expect(await place.jobs.deadLetters()).toMatchObject([{ attempts: 1, reason: 'unknown name' }]);
  expect(deadLettered).toEqual(['hello']);
});

test('a row without an envelope becomes a dead letter and does no harm', async () => {
  await start(echoJob);
  await place.db.query(`select graphile_worker.add_job('echo', '{"text": "from a stranger"}')`);
  await place.add(echoJob, { text: 'hello' });
  await allDone();
  expect(done).toEqual(['hello']);
  expect(await place.jobs.deadLetters()).toMatchObject([
    { job: 'echo', payload: { text: 'from a stranger' }, reason: expect.stringContaining('no envelope') },
  ]);
});

/** Version 1 was a string; version 2 is an object. */
const now = defineJob({
  name: 'greet',
  payload: z.object({ text: z.string() }),
  trace: 'parent',
  version: 2,
  upgrade: (old) => ({ text: `${z.string().parse(old)}, upgraded` }),
});
const before = defineJob({ name: 'greet', payload: z.string(), trace: 'parent' });

test('upgrades a payload of an older version; one that cannot be upgraded or is newer becomes a dead letter', async () => {
  await start(now);
  await place.add(before, 'hello');
  await place.add<unknown>(before, 7);
  await place.add({ ...now, version: 3 }, { text: 'from the future' });
  await allDone();
  expect(done).toEqual(['hello, upgraded']);
  const reasons = (await place.jobs.deadLetters()).map(({ reason }) => reason);
  expect(reasons.toSorted()).toEqual([
    'Could not upgrade the payload of greet from version 1 to 2',
    'The payload of greet has version 3, but this process only knows version 2',
  ]);
});

test('a row without version and mode has version 1 and mode parent', () => {
  const row = { messageId: crypto.randomUUID(), carrier: {}, payload: { text: 'old' } };
  expect(messageIn(row)).toEqual({ ...row, version: 1, trace: 'parent', postponed: 0 });
  expect(payloadOf(echoJob, messageIn(row))).toEqual({ text: 'old' });
});

function outcomeOf(read: () => unknown): string {
  try {
    read();
    return 'understood';
  } catch (error) {
    return (error as Error).name;
  }
}

test('every row is either understood or a PoisonError', () => {
  const row = fc.oneof(
    fc.jsonValue(),
    fc.record({ messageId: fc.uuid(), carrier: fc.dictionary(fc.string(), fc.string()), payload: fc.jsonValue(), version: fc.integer() }),
  );
  fc.assert(
    fc.property(row, (any) => {
      const read = (): unknown => payloadOf(now, messageIn(any));
      expect(outcomeOf(read)).toMatch(/^(understood|PoisonError)$/);
    }),
  );
});
