import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { queryInteger } from './query.ts';

const limit = queryInteger(1, 100);

test('reads a whole number in decimal digits within its bounds', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 100 }), (value) => expect(limit.parse(`${value}`)).toBe(value)));
  expect(['0', '101', '99999999999999999999'].map((text) => limit.safeParse(text).success)).toEqual([false, false, false]);
});

test.each(['0x10', '1e2', ' 5', '5 ', '+5', '05', '5.0', '5n', '0b11', '1_0', '', '५', '-1', ['5', '6']])(
  '%j is rejected, and the message says what to send',
  (given) => {
    expect(limit.safeParse(given).error?.issues).toMatchObject([{ message: 'Send a whole number in decimal digits, from 1 to 100' }]);
  },
);

test('rejects text that is not exactly the digits of the number', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = limit.safeParse(text);
      expect(parsed.success ? `${parsed.data}` : text).toBe(text);
    }),
  );
});

test('OpenAPI describes the parameter as an integer, not as text', () => {
  expect(z.toJSONSchema(limit, { io: 'input' })).toMatchObject({ type: 'integer', minimum: 1, maximum: 100 });
});
