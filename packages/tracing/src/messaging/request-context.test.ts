import { expect, test } from '@jest/globals';
import { contextKey, RequestContext } from '@waymark/context';
import { consume, deadLetter, produce } from './messaging.ts';
import { recordSpans } from '../testing/recorded-spans.ts';

const recorded = recordSpans();
const USER = contextKey<string>('shop.user');
const message = { system: 'graphile_worker', destination: 'fulfil', id: '7' };
const userOf = (): string | undefined => RequestContext.current().get(USER);

test('a job has the RequestContext of its request, in each attempt and as a dead letter', async () => {
  const carrier = await RequestContext.current()
    .with(USER, 'ada')
    .run(async () => produce(message, (given) => Promise.resolve(given)));
  const stored = JSON.parse(JSON.stringify(carrier)) as typeof carrier;

  expect(stored).toMatchObject({ traceparent: expect.any(String), 'waymark-context': '{"shop.user":"ada"}' });
  expect(await consume(message, stored, { attempt: 1, maxAttempts: 1 }, () => Promise.resolve(userOf()))).toBe('ada');
  expect(await deadLetter(message, stored, () => Promise.resolve(userOf()))).toBe('ada');
  expect(userOf()).toBeUndefined();
  const spans = await recorded.take(3);
  expect(JSON.stringify(spans.map(({ name, attributes }) => [name, attributes]))).not.toContain('ada');
});

test('a message without a RequestContext is processed without one, not with the worker’s', async () => {
  const carrier = await produce(message, (given) => Promise.resolve(given));
  const users = RequestContext.current()
    .with(USER, 'ada')
    .run(async () => [
      await consume(message, carrier, { attempt: 1, maxAttempts: 1 }, () => Promise.resolve(userOf())),
      await deadLetter(message, carrier, () => Promise.resolve(userOf())),
    ]);
  expect(await users).toEqual([undefined, undefined]);
  await recorded.take(3);
});
