import { expect, test } from '@jest/globals';
import order from './fixtures/order.otlp.json' with { type: 'json' };
import { readTraces } from './read/read-traces.ts';
import { http, span, trace } from './testing/span.ts';
import { verdict } from './verdict.ts';

const judged = (...spans: readonly Parameters<typeof span>[0][]): string => {
  const one = trace(...spans.map((parts) => span(parts)));
  return verdict(one);
};

test('a sound trace is complete', () => {
  const [one] = readTraces(order);
  expect(one && verdict(one)).toBe('complete: 16 spans, 4 services, 1 root, no findings');
});

test('notes do not break a trace', () => {
  expect(judged({ n: 1 }, { n: 2, parent: 1, error: true })).toBe('complete: 2 spans, 1 service, 1 root, 1 note (error-hidden)');
});

test('the verdict of a broken trace lists its findings, most frequent first', () => {
  expect(
    judged(
      { n: 1 },
      { n: 2, parent: 1, ms: [9, 3] },
      { n: 3, kind: 'CLIENT', parent: 1, attributes: http.client(404) },
      { n: 4, kind: 'CLIENT', parent: 1, attributes: http.client(500) },
    ),
  ).toBe('broken: 4 spans, 1 service, 1 root, 3 errors (2 × status-contradicted, ends-before-start)');
});

test('a trace without spans is empty', () => {
  expect(judged()).toBe('empty: no spans');
});
