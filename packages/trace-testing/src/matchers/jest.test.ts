import { expect, test } from '@jest/globals';
import '../jest.ts';
import { traceSnapshot } from './trace-snapshot.ts';
import { order } from '../testing/order.ts';
import { newTraceId, otlp, span, traceOf } from '../testing/spans.ts';

const trace = traceOf(otlp(order()));
const short = traceOf(otlp(order()).filter(({ span }) => span.name !== 'INSERT orders'));

test('the matchers pass', async () => {
  expect(trace).toBeComplete();
  expect(trace).toMatchTree('gateway POST /v1/orders 201\n  *');
  expect(trace).toHaveSpan({ name: 'INSERT orders' }, { exactly: 1 });
  expect(trace).toHaveNoErrors();
  expect(trace).toHaveCriticalPath('order INSERT orders');
  expect(trace).toCall('gateway', 'order');
  expect(trace).not.toLinkTo({ traceId: newTraceId() });
  await expect(Promise.resolve(trace)).resolves.toMatchTree('gateway POST /v1/orders\n  *');
});

test('the matchers fail with the message of the assertion', () => {
  expect(() => expect(short).toBeComplete()).toThrow(/^expect\(trace\)\.toBeComplete\n\ncannot tell/);
  expect(() => expect(trace).not.toBeComplete()).toThrow(/^expect\(trace\)\.not\.toBeComplete\n\nexpected the opposite, but trace/);
  expect(() => expect(trace).toMatchTree('a b')).toThrow(/differs in 2 places/);
  expect(() => expect(short).not.toHaveSpan({ name: 'INSERT orders' })).toThrow(/cannot tell/);
  expect(() => expect(trace).toCall('order', 'gateway')).toThrow(/expected a call/);
  expect(() => expect(trace).toLinkTo(short)).toThrow(/expected a link/);
  expect(() => expect(trace).toHaveCriticalPath('a b')).toThrow(/critical path/);
  expect(() => expect(traceOf(otlp(order({ failed: { error: 'x' } })))).toHaveNoErrors()).toThrow(/have an error/);
});

test('the error for a value that is not a trace says what it is', () => {
  expect(() => expect(Promise.resolve(trace)).toBeComplete()).toThrow(/got a promise: await it/);
  expect(() => expect(new Response()).toBeComplete()).toThrow(/such as the result of `await traces.of\(answer\)`, but got a response/);
});

test('two runs have the same snapshot', () => {
  expect(
    traceOf(
      otlp(order({ failed: { error: `order ${crypto.randomUUID()} lost`, links: [{ traceId: newTraceId(), spanId: 'a'.repeat(16) }] } })),
    ),
  ).toMatchSnapshot('a run');
  expect({ nested: trace }).toMatchInlineSnapshot(`
{
  "nested": gateway SERVER POST /v1/orders 201
    http.request.method: POST
    http.route: /v1/orders
    url.path: /orders
    url.scheme: http
    waymark.segment.spans: 2
  gateway CLIENT POST 201
      http.request.method: POST
      server.address: order
      server.port: <port>
      url.full: http://order:<port>/orders
      waymark.peer.span: <id>
    order SERVER POST /orders 201
        http.request.method: POST
        http.route: /orders
        url.path: /orders
        url.scheme: http
        waymark.segment.spans: 3
      order CLIENT INSERT orders
          db.namespace: order
          db.operation.name: INSERT
          db.system.name: postgresql
      order CLIENT SELECT orders
          db.namespace: order
          db.operation.name: SELECT
          db.system.name: postgresql,
}
`);
});

test('the order of siblings does not change a snapshot', () => {
  const children = [span('a', 'INTERNAL', 'x', {}, [span('a', 'INTERNAL', 'below')]), span('a', 'INTERNAL', 'y', { n: 1 })];
  const serialized = [children, children.toReversed()].map((list) =>
    traceSnapshot.serialize(traceOf(otlp(span('a', 'SERVER', 'top', {}, list)))),
  );
  expect(serialized[0]).toBe(serialized[1]);
});
