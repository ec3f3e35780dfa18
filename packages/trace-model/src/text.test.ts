import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { columns, fit, printable } from './text.ts';

test('characters that control a terminal or are invisible are replaced', () => {
  expect(printable('a\u001b[31mb\nc\u202ed\u200be')).toBe('a�[31mb�c�d�e');
});

test.each([
  ['abc', 3],
  ['é', 1],
  ['e\u0301', 1],
  ['注文', 4],
  ['🛒', 2],
])('%s takes %d columns', (text, width) => {
  expect(columns(text)).toBe(width);
});

test('fit makes text exactly as wide as requested', () => {
  expect(fit('POST /orders', 8)).toBe('POST /o…');
  expect(fit('注文注文', 6)).toBe('注文… ');
  expect(fit('ab', 4)).toBe('ab  ');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, width) => expect(columns(fit(printable(text), width))).toBe(width)),
  );
});
