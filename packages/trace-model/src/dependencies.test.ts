import { expect, test } from '@jest/globals';
import order from './fixtures/order.otlp.json' with { type: 'json' };
import { dependencies } from './dependencies.ts';
import { readTraces } from './read/read-traces.ts';
import { span, trace } from './testing/span.ts';
import type { SpanParts as Parts } from './testing/span.ts';

const edges = (...spans: readonly Parts[]): object[] =>
  dependencies([trace(...spans.map((parts) => span(parts)))]).map(({ from, to, kind, calls, errors }) => ({
    from,
    to,
    kind,
    calls,
    errors,
  }));

test('the order trace shows the calls, databases and queue', () => {
  expect(dependencies(readTraces(order)).map(({ from, kind, to, calls }) => `${from} ${kind} ${to} ${calls}`)).toEqual([
    'order call inventory 2',
    'inventory database postgresql/inventory 2',
    'gateway call auth 1',
    'auth database postgresql/auth 1',
    'gateway call order 1',
    'order database postgresql/order 1',
    'order message order 1',
  ]);
});

test('the latency of a call is the time its caller waited, and it fails if either side fails', () => {
  const [edge] = dependencies([
    trace(
      span({ n: 1, kind: 'CLIENT', ms: [0, 10], error: true }),
      span({ n: 2, parent: 1, kind: 'SERVER', service: 'stock', ms: [2, 5] }),
    ),
  ]);
  expect(edge).toMatchObject({ from: 'shop', to: 'stock', kind: 'call', calls: 1, errors: 1, latency: { max: 10_000_000n } });
});

test('a consumer depends on the producer that it links to, even in another trace', () => {
  const sent = trace(span({ n: 1, kind: 'PRODUCER', ms: [0, 1] }));
  const taken = trace({ ...span({ n: 2, kind: 'CONSUMER', service: 'worker', ms: [5, 6], links: [1] }), traceId: 'f'.repeat(32) });
  expect(dependencies([sent, taken])).toMatchObject([{ from: 'shop', to: 'worker', kind: 'message', latency: { max: 4_000_000n } }]);
});

test('a consumer depends on its parent producer, and its failure is an error of the message', () => {
  expect(edges({ n: 1, kind: 'PRODUCER' }, { n: 2, parent: 1, kind: 'CONSUMER', service: 'worker', error: true })).toEqual([
    { from: 'shop', to: 'worker', kind: 'message', calls: 1, errors: 1 },
  ]);
});

test('a consumer that starts before its producer has ended did not wait', () => {
  const [edge] = dependencies([
    trace(span({ n: 1, kind: 'PRODUCER', ms: [0, 5] }), span({ n: 2, parent: 1, kind: 'CONSUMER', ms: [3, 6] })),
  ]);
  expect(edge?.latency.max).toBe(0n);
});

const attempt = (n: number, from: number, error: boolean): Parts => ({
  n,
  parent: 1,
  kind: 'CONSUMER',
  service: 'worker',
  ms: [from, from + 1],
  error,
});

test('several attempts at a message count once, and the last one decides whether it failed', () => {
  const sent: Parts = { n: 1, kind: 'PRODUCER', ms: [0, 1] };
  const tried = trace(...[sent, attempt(3, 50, false), attempt(2, 4, true)].map((parts) => span(parts)));
  expect(dependencies([tried])).toMatchObject([{ kind: 'message', calls: 1, errors: 0, latency: { p50: 3_000_000n, max: 3_000_000n } }]);
  expect(edges(sent, attempt(2, 4, false), attempt(3, 50, true))).toMatchObject([{ calls: 1, errors: 1 }]);
});

test('messages of a service to itself come last, even if they are frequent', () => {
  const own = Array.from({ length: 20 }, (_, at): Parts[] => [
    { n: 10 + 2 * at, parent: 1, kind: 'PRODUCER' },
    { n: 11 + 2 * at, parent: 10 + 2 * at, kind: 'CONSUMER' },
  ]);
  expect(edges({ n: 1, kind: 'CLIENT' }, { n: 2, parent: 1, kind: 'SERVER', service: 'stock' }, ...own.flat())).toEqual([
    { from: 'shop', to: 'stock', kind: 'call', calls: 1, errors: 0 },
    { from: 'shop', to: 'shop', kind: 'message', calls: 20, errors: 0 },
  ]);
});

test('a batch depends on each of its producers', () => {
  expect(
    edges(
      { n: 1 },
      { n: 2, parent: 1, kind: 'PRODUCER' },
      { n: 3, parent: 1, kind: 'PRODUCER' },
      { n: 4, kind: 'CONSUMER', service: 'worker', links: [2, 3] },
    ),
  ).toEqual([{ from: 'shop', to: 'worker', kind: 'message', calls: 2, errors: 0 }]);
});

test('spans within one service are no dependency', () => {
  expect(edges({ n: 1 }, { n: 2, parent: 1 }, { n: 3, parent: 9, service: 'other' })).toEqual([]);
});
