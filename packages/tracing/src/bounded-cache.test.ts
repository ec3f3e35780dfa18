import { expect, test } from '@jest/globals';
import { remembered } from './bounded-cache.ts';

test('computes a result once, forgets the oldest, and never caches long texts', () => {
  const made: string[] = [];
  const upper = remembered(2, (text) => (made.push(text), text.toUpperCase()));
  const long = 'x'.repeat(5_000);
  expect(['a', 'b', 'a', 'c', 'b', 'a', long, long].map(upper)).toEqual([
    'A',
    'B',
    'A',
    'C',
    'B',
    'A',
    long.toUpperCase(),
    long.toUpperCase(),
  ]);
  expect(made).toEqual(['a', 'b', 'c', 'a', long, long]);
});
