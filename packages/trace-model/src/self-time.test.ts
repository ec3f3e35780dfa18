import { expect, test } from '@jest/globals';
import { selfTimes } from './self-time.ts';
import { span, trace } from './testing/span.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const selfMs = (...spans: readonly Parts[]): readonly number[] =>
  [...selfTimes(trace(...spans.map((parts) => span(parts)))).values()].map((time) => Number(time) / 1e6);

test('the self time is the duration without the time of the children', () => {
  expect(selfMs({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [2, 5] })).toEqual([7, 3]);
});

test('the time of concurrent children is subtracted once', () => {
  expect(
    selfMs({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [2, 6] }, { n: 3, parent: 1, ms: [4, 8] }, { n: 4, parent: 1, ms: [5, 6] })[0],
  ).toBe(4);
});

test('a child outside its parent is not subtracted', () => {
  expect(selfMs({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [8, 30] }, { n: 3, parent: 1, ms: [40, 50] })[0]).toBe(8);
  expect(selfMs({ n: 2, parent: 1, ms: [0, 4] }, { n: 1, ms: [2, 10] })[0]).toBe(6);
});

test('a span that ends before it starts has no self time', () => {
  expect(selfMs({ n: 1, ms: [10, 0] })).toEqual([0]);
});
