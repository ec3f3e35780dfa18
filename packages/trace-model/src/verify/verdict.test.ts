import { expect, test } from '@jest/globals';
import order from '../fixtures/order.otlp.json' with { type: 'json' };
import { readTraces } from '../read/read-traces.ts';
import { span, trace } from '../testing/span.ts';
import { verdict } from './verdict.ts';
import { verify } from './verify.ts';

const judged = (...spans: readonly Parameters<typeof span>[0][]): string => {
  const one = trace(...spans.map((parts) => span(parts)));
  return verdict(one, verify(one));
};

test('a sound trace is complete', () => {
  const [one] = readTraces(order);
  expect(one && verdict(one, verify(one))).toBe('complete: 16 spans, 4 services, 1 root, no findings');
});

test('notes do not break a trace', () => {
  expect(judged({ n: 1 }, { n: 2, parent: 1, error: true })).toBe('complete: 2 spans, 1 service, 1 root, 1 note (error-hidden)');
});

test('a broken trace says what is wrong, the most frequent first', () => {
  expect(
    judged(
      { n: 1 },
      { n: 2, parent: 1, ms: [9, 3] },
      { n: 3, parent: 8 },
      { n: 4, parent: 9, error: true },
      { n: 5, parent: 4, error: true },
    ),
  ).toBe('broken: 5 spans, 1 service, 1 root, 3 errors (2 × orphan, ends-before-start)');
});

test('no spans are no trace', () => {
  expect(judged()).toBe('empty: no spans');
});
