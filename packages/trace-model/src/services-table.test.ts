import { expect, test } from '@jest/globals';
import { servicesTable } from './services-table.ts';
import { spread } from './spread.ts';
import { span, trace } from './testing/span.ts';

test('each service has a row, sorted by self time', () => {
  const table = servicesTable([
    trace(span({ n: 1, ms: [0, 10] }), span({ n: 2, parent: 1, service: 'stock', ms: [1, 9], error: true })),
    trace(span({ n: 3, ms: [0, 4] })),
  ]);
  expect(table).toEqual([
    { service: 'stock', spans: 1, p50: 8_000_000n, p95: 8_000_000n, max: 8_000_000n, selfTime: 8_000_000n, errors: 1 },
    { service: 'shop', spans: 2, p50: 4_000_000n, p95: 10_000_000n, max: 10_000_000n, selfTime: 6_000_000n, errors: 0 },
  ]);
});

test('percentiles are the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => BigInt(100 - index));
  expect(spread(hundred)).toEqual({ p50: 50n, p95: 95n, max: 100n });
  expect(spread([])).toEqual({ p50: 0n, p95: 0n, max: 0n });
});
