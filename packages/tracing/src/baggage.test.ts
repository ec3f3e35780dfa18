import { expect, test } from '@jest/globals';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import fc from 'fast-check';
import { extract, inject } from '@waymark/context';
import { allowedBaggage, baggageAttributes } from './baggage.ts';
import { BAGGAGE_ALLOWED, BAGGAGE_MAX_VALUE } from './baggage.ts';
import { recordSpans } from './testing/recorded-spans.ts';

recordSpans();
const onward = (baggage: string): string | undefined => inject(allowedBaggage(extract({ baggage })))['baggage'];

test('only keys on the allowlist pass', () => {
  expect(onward('waymark.traffic=bench,password=hunter2,userId=7')).toBe('waymark.traffic=bench');
  expect(onward('password=hunter2')).toBeUndefined();
});

test('the length limit applies to the decoded value', () => {
  expect(onward(`waymark.traffic=${'x'.repeat(BAGGAGE_MAX_VALUE)}`)).toBe(`waymark.traffic=${'x'.repeat(BAGGAGE_MAX_VALUE)}`);
  expect(onward(`waymark.traffic=${'x'.repeat(BAGGAGE_MAX_VALUE + 1)}`)).toBeUndefined();
  expect(onward(`waymark.traffic=${'%C3%A9'.repeat(BAGGAGE_MAX_VALUE)}`)).toBeDefined();
});

test('properties of an allowed entry are dropped', () => {
  expect(onward('waymark.traffic=bench;session=hunter2')).toBe('waymark.traffic=bench');
});

test('baggage becomes attributes; no baggage gives none', () => {
  expect(baggageAttributes(extract({ baggage: 'waymark.traffic=bench' }))).toEqual({ 'waymark.traffic': 'bench' });
  expect(baggageAttributes(ROOT_CONTEXT)).toEqual({});
});

test('no header gets past the allowlist or the length limit', () => {
  const entry = fc.tuple(fc.constantFrom(...BAGGAGE_ALLOWED, 'password', '', ' ', '%'), fc.string({ maxLength: 90 }));
  const header = fc.array(entry).map((entries) => entries.map((pair) => pair.join('=')).join(','));
  fc.assert(
    fc.property(header, (baggage) => {
      const kept = propagation.getBaggage(allowedBaggage(extract({ baggage })))?.getAllEntries() ?? [];
      for (const [key, { value }] of kept) {
        expect(BAGGAGE_ALLOWED.has(key)).toBe(true);
        expect(value.length).toBeLessThanOrEqual(BAGGAGE_MAX_VALUE);
      }
    }),
  );
});
