import type { ServerResponse } from 'node:http';
import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { span } from '@waymark/context';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { named, recordSpans } from '../testing/recorded-spans.ts';
import { tracedRequest } from './undici.ts';

const recorded = recordSpans();

test('one request, one CLIENT span, one traceparent', async () => {
  await using server = await echoServer((request, response) => request.pipe(response.setHeader('content-type', 'application/json')));
  const answer = await span('place the order', async () => {
    const { statusCode, headers, body } = await tracedRequest(`${server.origin}/orders/7?full=yes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sku: 'lamp' }),
      urlTemplate: '/orders/{id}',
    });
    return [statusCode, headers['content-type'], await body.json()];
  });

  expect(answer).toEqual([200, 'application/json', { sku: 'lamp' }]);
  const spans = await recorded.take(2);
  const client = named(spans, 'POST /orders/{id}');
  expect(client).toMatchObject({ kind: SpanKind.CLIENT, attributes: { 'http.response.status_code': 200 } });
  expect(client.parentSpanContext?.spanId).toBe(named(spans, 'place the order').spanContext().spanId);
  const { traceId, spanId } = client.spanContext();
  expect(valuesOf(server.received[0], 'traceparent')).toEqual([`00-${traceId}-${spanId}-03`]);
});

test('resolves with any status', async () => {
  await using server = await echoServer((_, response) => response.writeHead(404).end('none'));
  const { statusCode, body } = await tracedRequest(new URL(server.origin));
  expect([statusCode, await body.text()]).toEqual([404, 'none']);
  await recorded.take(1);
});

test.each([
  ['a response', 50, 'TimeoutError', () => undefined],
  // After the response has started, which takes a busy machine a while, undici reports a timeout as an abort.
  ['the rest of the body', 1_000, 'UND_ERR_ABORTED', (response: ServerResponse) => void response.write('begun')],
])('a server that never sends %s causes a timeout and a failed span', async (_what, timeoutMs, type, answer) => {
  await using server = await echoServer((_, response) => answer(response));
  const request = tracedRequest(server.origin, { timeoutMs }).then(({ body }) => body.text());
  await expect(request).rejects.toMatchObject({ name: 'TimeoutError' });
  const [client] = await recorded.take(1);
  expect(client?.status.code).toBe(SpanStatusCode.ERROR);
  expect(client?.attributes['error.type']).toBe(type);
});
