import { expect, test } from '@jest/globals';
import order from './fixtures/order.otlp.json' with { type: 'json' };
import { impact } from './impact.ts';
import { readTraces } from './read/read-traces.ts';
import { span, trace } from './testing/span.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const affected = (service: string, ...spans: readonly Parts[]): string[] =>
  impact([trace(...spans.map((parts) => span(parts)))], service).map(
    ({ service: above, name, through, inBackground }) => `${above} ${name} through ${through.join(', ')}${inBackground ? ', later' : ''}`,
  );

test('an order needs inventory: the request of the gateway, that of order, and the job', () => {
  expect(impact(readTraces(order), 'inventory')).toEqual([
    { service: 'gateway', name: 'POST /v1/orders', through: ['order'], inBackground: false, traces: 1 },
    { service: 'order', name: 'POST /orders', through: ['inventory'], inBackground: false, traces: 1 },
    { service: 'order', name: 'process fulfil', through: ['inventory'], inBackground: false, traces: 1 },
  ]);
});

test('a request that only leaves a job behind is affected in the background, and its job at once', () => {
  expect(
    affected(
      'stock',
      { n: 1, kind: 'SERVER', name: 'POST /cancel' },
      { n: 2, parent: 1, kind: 'PRODUCER', name: 'send release' },
      { n: 3, parent: 2, kind: 'CONSUMER', name: 'process release' },
      { n: 4, parent: 3, kind: 'CLIENT' },
      { n: 5, parent: 4, kind: 'SERVER', service: 'stock' },
    ),
  ).toEqual(['shop POST /cancel through stock, later', 'shop process release through stock']);
});

test('what a service calls itself is not affected by it, and neither are its own requests', () => {
  expect(
    affected(
      'stock',
      { n: 1, kind: 'SERVER', service: 'stock' },
      { n: 2, parent: 1, kind: 'CLIENT', service: 'stock' },
      { n: 3, parent: 2, kind: 'SERVER', service: 'prices' },
    ),
  ).toEqual([]);
});

test('a trace that starts with a span of another kind counts too', () => {
  expect(affected('stock', { n: 1, kind: 'INTERNAL', name: 'nightly' }, { n: 2, parent: 1, kind: 'SERVER', service: 'stock' })).toEqual([
    'shop nightly through stock',
  ]);
});
