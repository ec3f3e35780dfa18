import { expect, test } from '@jest/globals';
import { testDatabase } from '@waymark/local-stack';
import { inject, linkItems, span } from '@waymark/tracing';
import { z } from 'zod';
import { defineJob, handle } from './job.ts';
import { openJobs } from './jobs.ts';
import { echoJob } from './testing/echo-job.ts';
import { attribute, links, type ReceivedSpan } from '@waymark/service-kit/testing';
import { MAX_ATTEMPTS, workplace } from './testing/workplace.ts';

const place = workplace(testDatabase);
const { allDone, spansNamed } = place;

const one = async (name: string): Promise<ReceivedSpan | undefined> => (await spansNamed(name, 1))[0];
const nothing = (): Promise<void> => Promise.resolve();

test('in mode link each attempt and the dead letter are traces of their own, linked to the request', async () => {
  const remind = defineJob({ ...echoJob, name: 'remind', trace: 'link' });
  await place.jobs.start([handle(remind, { run: () => Promise.reject(new Error('never works')) })]);
  await span('the request', () => place.add(remind, { text: 'hello' }));
  await allDone();
  const [[sent], attempts, [dead]] = await Promise.all([
    spansNamed('send remind', 1),
    spansNamed('process remind', MAX_ATTEMPTS),
    spansNamed('dead-letter remind', 1),
  ]);
  const roots = [...attempts, dead];
  expect(new Set([sent, ...roots].map((one) => one?.traceId)).size).toBe(roots.length + 1);
  for (const root of roots) {
    expect(root?.parentSpanId).toBeUndefined();
    expect(links(root)).toEqual([sent?.spanId]);
    expect(attribute(root, 'messaging.message.id')).toBe(attribute(sent, 'messaging.message.id'));
  }
});

test('a message keeps the mode that it was sent with, even if its kind now has another one', async () => {
  const was = defineJob({ ...echoJob, name: 'remind', trace: 'parent' });
  await place.jobs.start([handle({ ...was, trace: 'link' }, { run: nothing })]);
  await place.add(was, { text: 'hello' });
  await allDone();
  const [[sent], [worked]] = await Promise.all([spansNamed('send remind', 1), spansNamed('process remind', 1)]);
  expect(worked).toMatchObject({ traceId: sent?.traceId, parentSpanId: sent?.spanId });
});

test('jobs that a job adds appear below its span', async () => {
  const all = defineJob({ name: 'greet_all', payload: z.array(z.string()), trace: 'parent' });
  const fanOut = async (names: string[]): Promise<void> =>
    place.db.transaction(async (tx) => {
      for (const text of names) await place.jobs.add(tx, echoJob, { text });
    });
  await place.jobs.start([handle(all, { run: fanOut }), handle(echoJob, { run: nothing })]);
  await place.add(all, ['Ada', 'Bob', 'Cem']);
  await allDone();
  const [[parent], sent, worked] = await Promise.all([
    spansNamed('process greet_all', 1),
    spansNamed('send echo', 3),
    spansNamed('process echo', 3),
  ]);
  expect(sent.map(({ parentSpanId }) => parentSpanId)).toEqual(Array(3).fill(parent?.spanId));
  expect(new Set(worked.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set(sent.map(({ spanId }) => spanId)));
});

test('a job that handles many items has a link to the origin of each', async () => {
  const item = z.object({ text: z.string(), carrier: z.record(z.string(), z.string()) });
  const digest = defineJob({ name: 'digest', payload: z.array(item), trace: 'link' });
  const run = async (items: z.output<typeof item>[]): Promise<void> => linkItems(items.map(({ carrier }) => carrier));
  await place.jobs.start([handle(digest, { run })]);
  const items = await Promise.all(['Ada', 'Bob'].map((text) => span(`${text}’s request`, () => ({ text, carrier: inject() }))));
  await place.add(digest, items);
  await allDone();
  const [sent, worked, ada, bob] = await Promise.all([
    one('send digest'),
    one('process digest'),
    one('Ada’s request'),
    one('Bob’s request'),
  ]);
  expect(links(worked)).toEqual([sent, ada, bob].map((from) => from?.spanId));
  expect(attribute(worked, 'waymark.batch.items')).toBe('2');
});

test('atOnce limits how many jobs of a kind run at once in all processes together', async () => {
  const rare = defineJob({ ...echoJob, name: 'rare', atOnce: 2 });
  let [running, most, ran] = [0, 0, 0];
  const run = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    for (let step = 0; step < 10; step += 1) await place.db.query('select');
    running -= 1;
    ran += 1;
  };
  const other = openJobs(place.db, place.log, MAX_ATTEMPTS);
  await Promise.all([place.jobs.start([handle(rare, { run })]), other.start([handle(rare, { run })])]);
  await place.db.transaction(async (tx) => {
    for (let at = 0; at < 30; at += 1) await place.jobs.add(tx, rare, { text: String(at) });
  });
  await allDone();
  await other.stop();
  expect(ran).toBe(30);
  expect(most).toBeLessThanOrEqual(2);
});
