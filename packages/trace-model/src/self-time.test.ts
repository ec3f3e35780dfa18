import { expect, test } from '@jest/globals';
import { selfTimes } from './self-time.ts';
import { span, trace } from './testing/span.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const selfMs = (...spans: readonly Parts[]): readonly number[] =>
  [...selfTimes(trace(...spans.map((parts) => span(parts)))).values()].map((time) => Number(time) / 1e6);

test('a span spends itself what its children do not', () => {
  expect(selfMs({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [2, 5] })).toEqual([7, 3]);
});

test('children that run at once are taken off once', () => {
  expect(
    selfMs({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [2, 6] }, { n: 3, parent: 1, ms: [4, 8] }, { n: 4, parent: 1, ms: [5, 6] })[0],
  ).toBe(4);
});

test('work outside its parent is not taken off', () => {
  expect(selfMs({ n: 1, ms: [0, 10] }, { n: 2, parent: 1, ms: [8, 30] }, { n: 3, parent: 1, ms: [40, 50] })[0]).toBe(8);
  expect(selfMs({ n: 2, parent: 1, ms: [0, 4] }, { n: 1, ms: [2, 10] })[0]).toBe(6);
});

test('a span that ends before it starts spends nothing', () => {
  expect(selfMs({ n: 1, ms: [10, 0] })).toEqual([0]);
});
