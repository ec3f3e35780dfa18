import { expect, test } from '@jest/globals';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { CONTEXT_MAX_BYTES, extract, inject, pack, unpack, withBaggage } from './carrier.ts';
import { contextKey, RequestContext } from './request-context.ts';
import { span } from './span.ts';
import { recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();
const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length })
    .filter((id) => /[^0]/.test(id));

test('a context survives the journey as strings: trace, parent, sampled flag and baggage', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((value) => value === value.trim());
  fc.assert(
    fc.property(hex(32), hex(16), fc.constantFrom(0, 1), text, (traceId, spanId, traceFlags, value) => {
      const sent = propagation.setBaggage(
        trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags }),
        propagation.createBaggage({ 'waymark.traffic': { value } }),
      );

      const received = extract(JSON.parse(JSON.stringify(inject(sent))));

      expect(trace.getSpanContext(received)).toMatchObject({ traceId, spanId, traceFlags, isRemote: true });
      expect(propagation.getBaggage(received)?.getEntry('waymark.traffic')?.value).toBe(value);
    }),
  );
});

test('a carrier of anything gives a valid context or an empty one, and never throws', () => {
  const carrier = fc.dictionary(
    fc.constantFrom('traceparent', 'tracestate', 'baggage', 'Traceparent', '__proto__'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(carrier, (anything) => {
      const found = trace.getSpanContext(extract(anything));
      expect(found === undefined || trace.isSpanContextValid({ ...found })).toBe(true);
    }),
  );
});

test('work continued from a carrier is a child of the span that made it', async () => {
  const carrier = await span('producer', () => inject());
  await span('consumer', () => 'done', { parent: extract(carrier) });

  const [producer, consumer] = await recorded.take(2);
  expect(consumer?.parentSpanContext).toMatchObject({ spanId: producer?.spanContext().spanId, isRemote: true });
  expect(consumer?.spanContext().traceId).toBe(producer?.spanContext().traceId);
});

test('where there is no trace there is nothing to carry', () => {
  expect(context.active()).toBe(ROOT_CONTEXT);
  expect(inject()).toEqual({});
});

const USER = contextKey<string>('shop.user');
const user = (): string | undefined => RequestContext.current().get(USER);
const packed = (value: string): unknown => RequestContext.current().with(USER, value).run(pack)['waymark-context'];

test('a RequestContext that is too large is refused where it is sent', async () => {
  const largest = CONTEXT_MAX_BYTES - '{"shop.user":""}'.length;
  expect(packed('x'.repeat(largest))).toHaveLength(CONTEXT_MAX_BYTES);
  expect(() => packed('x'.repeat(largest + 1))).toThrow(
    `is ${CONTEXT_MAX_BYTES + 1} bytes of JSON, and at most ${CONTEXT_MAX_BYTES} travel`,
  );
  expect(() => packed('é'.repeat(largest))).toThrow(RangeError);
});

test('an empty RequestContext adds nothing to a carrier', async () => {
  expect(Object.keys(await span('request', pack))).toEqual(['traceparent']);
  await recorded.take(1);
});

test('added baggage travels with what `fn` sends, beside the baggage before, and no longer', () => {
  const sent = withBaggage({ tenant: 'acme' }, () => withBaggage({ list: 'a,b' }, inject));
  expect(sent).toEqual({ baggage: 'tenant=acme,list=a%2Cb' });
  expect(inject()).toEqual({});
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
      expect(() => request.run(user)).not.toThrow();
    }),
  );
  expect(unpack({ 'waymark-context': '{"shop.user":"ada","broken"' }).request.run(user)).toBeUndefined();
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
