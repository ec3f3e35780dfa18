import { expect, test } from '@jest/globals';
import { context, propagation, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type Carrier, contextKey, inject, RequestContext, span } from '@waymark/context';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { cancelled, consume, deadLetter, linkItems, PoisonError, produce } from './messaging.ts';
import { named, recordSpans } from '../testing/recorded-spans.ts';

const recorded = recordSpans();
const message = { system: 'graphile_worker', destination: 'fulfil', id: '7' };

test('a message processed elsewhere is a child of the span that sent it', async () => {
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

test('a failed attempt is a failed CONSUMER span, and the queue gets the error', async () => {
  const attempt = consume(message, {}, { attempt: 1, maxAttempts: 1 }, () => Promise.reject(new RangeError('declined')));

  await expect(attempt).rejects.toThrow('declined');
  const [consumer] = await recorded.take(1);
  expect(consumer?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'declined' });
});

test("the CONSUMER span has the message's baggage", async () => {
  const carrier: Carrier = { baggage: 'waymark.traffic=bench' };
  await consume(message, carrier, { attempt: 1, maxAttempts: 1 }, () => Promise.resolve());

  const [consumer] = await recorded.take(1);
  expect(consumer?.attributes['waymark.traffic']).toBe('bench');
});

const dueMs = () => Date.UTC(2026, 0, 2);
const fail = () => Promise.reject(new RangeError('declined'));

test('a failed attempt records what follows: the next attempt or the dead letter', async () => {
  await expect(consume(message, {}, { attempt: 1, maxAttempts: 2, dueMs }, fail)).rejects.toThrow('declined');
  await expect(consume(message, {}, { attempt: 2, maxAttempts: 2, dueMs }, fail)).rejects.toThrow('declined');

  const [first, last] = await recorded.take(2);
  expect(first?.attributes['waymark.job.next_attempt']).toBe(2);
  expect(first?.attributes['waymark.job.next_attempt_at']).toBe('2026-01-02T00:00:00.000Z');
  expect(last?.attributes).not.toHaveProperty(['waymark.job.next_attempt_at']);
  expect(first?.attributes).not.toHaveProperty(['waymark.job.dead_letter']);
  expect(last?.attributes['waymark.job.dead_letter']).toBe(true);
  expect(last?.attributes).not.toHaveProperty(['waymark.job.next_attempt']);
});

test('a dead letter is a child of the span that sent the message', async () => {
  const carrier = await produce(message, (given) => Promise.resolve(given));
  await deadLetter(message, carrier, () => Promise.resolve());

  const [producer, buried] = await recorded.take(2);
  expect(buried).toMatchObject({ name: 'dead-letter fulfil', kind: SpanKind.INTERNAL });
  expect(buried?.parentSpanContext?.spanId).toBe(producer?.spanContext().spanId);
  expect(buried?.attributes).toMatchObject({ 'messaging.operation.name': 'dead_letter', 'messaging.message.id': '7' });
});

const linked = { ...message, trace: 'link' as const };
const links = ({ links: all }: ReadableSpan): string[] => all.map(({ context }) => context.spanId);

test('in mode link, each attempt and the dead letter start their own trace, linked to the span that sent the message', async () => {
  const carrier = await produce(linked, (given) => Promise.resolve(given));
  await expect(consume(linked, carrier, { attempt: 1, maxAttempts: 2 }, fail)).rejects.toThrow('declined');
  await expect(consume(linked, carrier, { attempt: 2, maxAttempts: 2 }, fail)).rejects.toThrow('declined');
  await deadLetter(linked, carrier, () => Promise.resolve());

  const [producer, ...others] = await recorded.take(4);
  expect(new Set([producer, ...others].map((one) => one?.spanContext().traceId)).size).toBe(4);
  for (const one of others) {
    expect(one.parentSpanContext).toBeUndefined();
    expect(links(one)).toEqual([producer?.spanContext().spanId]);
  }
  expect([producer, ...others].map((one) => one?.attributes['waymark.job.trace_mode'])).toEqual(['link', 'link', 'link', 'link']);
});

const SHOPPER = contextKey<string>('shopper');

test.each([[message], [linked]])('restores baggage and RequestContext: %j', async (given) => {
  const sender = propagation.setBaggage(context.active(), propagation.createBaggage({ 'waymark.traffic': { value: 'bench' } }));
  const carrier = await context.with(sender, () =>
    RequestContext.current()
      .with(SHOPPER, 'demo')
      .run(() => produce(given, (packed) => Promise.resolve(packed))),
  );
  const shopper = consume(given, carrier, { attempt: 1, maxAttempts: 1 }, () =>
    Promise.resolve(RequestContext.current().get(contextKey<string>('shopper'))),
  );
  expect(await shopper).toBe('demo');
  const [, consumer] = await recorded.take(2);
  expect(consumer?.attributes['waymark.traffic']).toBe('bench');
});

test('a poison message gets no second attempt', async () => {
  const poisoned = consume(message, {}, { attempt: 1, maxAttempts: 5 }, () => Promise.reject(new PoisonError('no text')));
  await expect(poisoned).rejects.toThrow('no text');
  const [consumer] = await recorded.take(1);
  expect(consumer?.attributes).toMatchObject({ 'waymark.job.dead_letter': true, 'error.type': 'poison_payload' });
  expect(consumer?.attributes).not.toHaveProperty(['waymark.job.next_attempt']);
});

test('a cancelled message ends in its sender’s trace, linked to and from the trace that cancelled it', async () => {
  const carrier = await produce(message, (given) => Promise.resolve(given));
  await span('the cancelling request', () => cancelled(message, carrier));

  const spans = await recorded.take(3);
  const [sent, taken, request] = ['send fulfil', 'cancel fulfil', 'the cancelling request'].map((name) => named(spans, name));
  expect(taken?.parentSpanContext?.spanId).toBe(sent?.spanContext().spanId);
  expect(taken?.attributes).toEqual({
    'messaging.system': 'graphile_worker',
    'messaging.operation.name': 'cancel',
    'messaging.destination.name': 'fulfil',
    'messaging.message.id': '7',
  });
  expect([taken, request].map((one) => links(one!))).toEqual([[request?.spanContext().spanId], [taken?.spanContext().spanId]]);
});

test('in mode link, a cancellation has no span', async () => {
  const carrier = await produce(linked, (given) => Promise.resolve(given));
  cancelled(linked, carrier);
  expect(await recorded.take(1)).toMatchObject([{ name: 'send fulfil' }]);
});

test('a repeated message is linked to the first one', async () => {
  const carrier = await produce(message, (given) => Promise.resolve(given));
  await produce({ ...message, id: '8' }, () => Promise.resolve(), carrier);
  const [first, again] = await recorded.take(2);
  expect(links(again!)).toEqual([first?.spanContext().spanId]);
});

test('a batch is linked to the spans of its items, up to the limit, and records their number', async () => {
  const items = await Promise.all(Array.from({ length: 200 }, (_, at) => span(`item ${at}`, () => inject())));
  await produce(linked, (carrier) =>
    consume(linked, carrier, { attempt: 1, maxAttempts: 1 }, async () => linkItems([{ traceparent: 'not valid' }, ...items])),
  );
  const spans = await recorded.take(202);
  const batch = named(spans, 'process fulfil');
  const [sent, ...first] = ['send fulfil', ...Array.from({ length: 126 }, (_, at) => `item ${at}`)].map((name) => named(spans, name));
  expect(links(batch)).toEqual([sent, ...first].map((one) => one?.spanContext().spanId));
  expect(batch).toMatchObject({ droppedLinksCount: 0, attributes: { 'waymark.batch.items': 201 } });
});
