import { expect, test } from '@jest/globals';
import { attributeNumber, attributeText } from './attribute.ts';

test.each([
  ['plain "text"', 'plain "text"'],
  [9007199254740993n, '9007199254740993'],
  [1.5, '1.5'],
  [Number.NaN, 'NaN'],
  [false, 'false'],
  [null, 'null'],
  [undefined, 'null'],
  [new Uint8Array([0, 255]), '00ff'],
  [['a', 1n, [true]], '["a",1,[true]]'],
  [{ 'the key': 'x', bytes: new Uint8Array([1]) }, '{"the key":"x","bytes":01}'],
])('%p is shown as %s', (value, text) => {
  expect(attributeText(value)).toBe(text);
});

test('attributeNumber reads int and double attributes only', () => {
  expect([200n, 1.5, '200', null, undefined].map(attributeNumber)).toEqual([200, 1.5, undefined, undefined, undefined]);
});
