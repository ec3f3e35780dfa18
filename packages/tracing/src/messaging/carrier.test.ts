import { expect, test } from '@jest/globals';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { extract, inject } from './carrier.ts';
import { span } from '../span.ts';
import { recordSpans } from '../testing/recorded-spans.ts';

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
