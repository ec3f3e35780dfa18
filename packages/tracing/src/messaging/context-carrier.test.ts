import { expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { CONTEXT_MAX_BYTES, pack, unpack } from './context-carrier.ts';
import { contextKey, RequestContext } from '../context/request-context.ts';
import { consume, deadLetter, produce } from './messaging.ts';
import { span } from '../span.ts';
import { recordSpans } from '../testing/recorded-spans.ts';

const recorded = recordSpans();
const USER = contextKey<string>('shop.user');
const message = { system: 'graphile_worker', destination: 'fulfil', id: '7' };
const userOf = (): string | undefined => RequestContext.current().get(USER);

test('a job has the RequestContext of the request that sent it, at each attempt and as a dead letter', async () => {
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

const packed = (value: string): unknown => RequestContext.current().with(USER, value).run(pack)['waymark-context'];

test('a RequestContext that is too large is refused where it is sent', async () => {
  const largest = CONTEXT_MAX_BYTES - '{"shop.user":""}'.length;
  expect(packed('x'.repeat(largest))).toHaveLength(CONTEXT_MAX_BYTES);
  expect(() => packed('x'.repeat(largest + 1))).toThrow(
    `is ${CONTEXT_MAX_BYTES + 1} bytes of JSON, and at most ${CONTEXT_MAX_BYTES} travel`,
  );
  expect(() => packed('é'.repeat(largest))).toThrow(RangeError);
});

test('a message without a RequestContext is not worked off with that of whoever happens to run it', async () => {
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

test('an empty RequestContext adds nothing to a carrier', async () => {
  expect(Object.keys(await span('request', pack))).toEqual(['traceparent']);
  await recorded.take(1);
});

test('whatever a carrier holds, it gives a context, and never throws', () => {
  const json = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constantFrom('[1]', 'null', '{', '['.repeat(CONTEXT_MAX_BYTES), `"${'x'.repeat(9_000)}"`),
  );
  fc.assert(
    fc.property(json, (text) => {
      const { sender, request } = unpack({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'waymark-context': text });
      expect(trace.getSpanContext(sender)?.traceId).toBe('a'.repeat(32));
      expect(() => request.run(userOf)).not.toThrow();
    }),
  );
  expect(unpack({ 'waymark-context': '{"shop.user":"ada","broken"' }).request.run(userOf)).toBeUndefined();
});

test('whatever was in it arrives', () => {
  const ANY = contextKey<Record<string, string | number | boolean | null>>('any');
  const record = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 5 });
  fc.assert(
    fc.property(record, (value) => {
      const carrier = RequestContext.current().with(ANY, value).run(pack);
      expect(unpack(carrier).request.get(ANY)).toEqual({ ...value });
    }),
  );
});
