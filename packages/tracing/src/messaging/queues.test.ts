import { expect, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { type Carrier, contextKey, messageAttributes, type ReceivedCarrier, RequestContext } from '@waymark/context';
import { named, recordSpans } from '../testing/recorded-spans.ts';
import { consume, produce } from './messaging.ts';

const recorded = recordSpans();
const USER = contextKey<string>('shop.user');
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** How each queue changes a carrier on its way to the consumer. */
const queues: Record<string, (carrier: Carrier) => ReceivedCarrier> = {
  "BullMQ: in the job's data": (carrier) => (asJson({ orderId: 7, carrier }) as { carrier: Carrier }).carrier,
  'Kafka: headers, which arrive as Buffers': (carrier) =>
    Object.fromEntries(Object.entries({ ...carrier, 'content-type': 'json' }).map(([name, text]) => [name, Buffer.from(text)])),
  'Kafka: headers, each a list': (carrier) =>
    Object.fromEntries(Object.entries(carrier).map(([name, text]) => [name, [Buffer.from(text)]])),
  'SQS: message attributes of its SDK': (carrier) => asJson(messageAttributes(carrier)) as ReceivedCarrier,
  'SQS: message attributes of Lambda': (carrier) =>
    Object.fromEntries(
      Object.entries(messageAttributes(carrier)).map(([name, { StringValue }]) => [name, { stringValue: StringValue, dataType: 'String' }]),
    ),
};

test.each(Object.keys(queues))('%s: the consumer joins the trace, and knows the user', async (queue) => {
  const message = { system: 'queue', destination: 'receipts', id: '7' };
  const sent = await RequestContext.empty.with(USER, 'ada').run(() => produce(message, async (carrier) => carrier));
  const user = await consume(message, queues[queue]!(sent), { attempt: 1, maxAttempts: 1 }, async () => RequestContext.current().get(USER));

  const spans = await recorded.take(2);
  const [producer, consumer] = [named(spans, 'send receipts'), named(spans, 'process receipts')];
  expect([producer.kind, consumer.kind, user]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER, 'ada']);
  expect(consumer.parentSpanContext).toMatchObject({ spanId: producer.spanContext().spanId, traceId: producer.spanContext().traceId });
});

test.each([
  ['no carrier', {}],
  ['values of other types', { traceparent: 7, baggage: null, tracestate: { Nothing: 1 } }],
])('a message with %s starts its own trace', async (_what, carrier) => {
  const message = { system: 'queue', destination: 'receipts', id: '8' };
  await consume(message, carrier as ReceivedCarrier, { attempt: 1, maxAttempts: 1 }, async () => undefined);
  const [consumer] = await recorded.take(1);
  expect(consumer?.parentSpanContext).toBeUndefined();
});
