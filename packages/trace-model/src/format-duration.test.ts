import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration } from './format-duration.ts';

test.each([
  [0n, '0 ns'],
  [850n, '850 ns'],
  [999n, '999 ns'],
  [1000n, '1.00 µs'],
  [60_000_000_000n, '1m 00s'],
  [3_600_000_000_000n, '1h 00m'],
  [12_345n, '12.3 µs'],
  [999_499n, '999 µs'],
  [999_500n, '1.00 ms'],
  [48_200_457n, '48.2 ms'],
  [999_500_000n, '1.00 s'],
  [1_720_000_000n, '1.72 s'],
  [59_999_000_000n, '60.0 s'],
  [185_000_000_000n, '3m 05s'],
  [7_620_000_000_000n, '2h 07m'],
  [1_036_800_000_000_000n, '12 d'],
  [10n ** 25n, '∞'],
  [-5_000_000n, '-5.00 ms'],
])('%d ns is %s', (nanoseconds, text) => {
  expect(formatDuration(nanoseconds)).toBe(text);
});

test('any duration fits into nine columns', () => {
  fc.assert(fc.property(fc.bigInt(), (time) => expect(formatDuration(time).length).toBeLessThanOrEqual(9)));
  fc.assert(
    fc.property(fc.bigInt(-400_000_000_000_000_000n, 400_000_000_000_000_000n), (time) =>
      expect(formatDuration(time).length).toBeLessThanOrEqual(9),
    ),
  );
});
