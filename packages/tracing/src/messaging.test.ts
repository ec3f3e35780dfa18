import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Carrier } from './carrier.ts';
import { consume, deadLetter, produce } from './messaging.ts';
import { recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
const message = { system: 'graphile_worker', destination: 'fulfil', id: '7' };

test('a message worked off elsewhere is a child of the span that sent it', async () => {
  const carrier = await produce(message, (given) => Promise.resolve(given));
  await consume(message, JSON.parse(JSON.stringify(carrier)), { attempt: 2, maxAttempts: 5 }, () => Promise.resolve());

  const [producer, consumer] = await recorded.take(2);
  expect(producer).toMatchObject({ name: 'send fulfil', kind: SpanKind.PRODUCER });
  expect(consumer).toMatchObject({ name: 'process fulfil', kind: SpanKind.CONSUMER });
  expect(consumer?.parentSpanContext?.spanId).toBe(producer?.spanContext().spanId);
  expect(consumer?.attributes).toEqual({
    'messaging.system': 'graphile_worker',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'fulfil',
    'messaging.message.id': '7',
    'waymark.job.attempt': 2,
    'waymark.job.max_attempts': 5,
  });
});

test('an attempt that fails is a failed CONSUMER span, and the error goes on to the queue', async () => {
  const attempt = consume(message, {}, { attempt: 1, maxAttempts: 1 }, () => Promise.reject(new RangeError('declined')));

  await expect(attempt).rejects.toThrow('declined');
  const [consumer] = await recorded.take(1);
  expect(consumer?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'declined' });
});

test("a message's baggage is on the span that works it off", async () => {
  const carrier: Carrier = { baggage: 'waymark.traffic=bench' };
  await consume(message, carrier, { attempt: 1, maxAttempts: 1 }, () => Promise.resolve());

  const [consumer] = await recorded.take(1);
  expect(consumer?.attributes['waymark.traffic']).toBe('bench');
});

const fail = () => Promise.reject(new RangeError('declined'));

test('a failed attempt says what follows: the next one, or the dead letter', async () => {
  await expect(consume(message, {}, { attempt: 1, maxAttempts: 2 }, fail)).rejects.toThrow('declined');
  await expect(consume(message, {}, { attempt: 2, maxAttempts: 2 }, fail)).rejects.toThrow('declined');

  const [first, last] = await recorded.take(2);
  expect(first?.attributes['waymark.job.next_attempt']).toBe(2);
  expect(first?.attributes).not.toHaveProperty(['waymark.job.dead_letter']);
  expect(last?.attributes['waymark.job.dead_letter']).toBe(true);
  expect(last?.attributes).not.toHaveProperty(['waymark.job.next_attempt']);
});

test('a dead letter is put away below the span that sent it', async () => {
  const carrier = await produce(message, (given) => Promise.resolve(given));
  await deadLetter(message, carrier, () => Promise.resolve());

  const [producer, buried] = await recorded.take(2);
  expect(buried).toMatchObject({ name: 'dead-letter fulfil', kind: SpanKind.INTERNAL });
  expect(buried?.parentSpanContext?.spanId).toBe(producer?.spanContext().spanId);
  expect(buried?.attributes).toMatchObject({ 'messaging.operation.name': 'dead_letter', 'messaging.message.id': '7' });
});
