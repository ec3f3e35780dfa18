import { afterAll, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import { Agent, interceptors, type Dispatcher } from 'undici';
import { span } from '@waymark/context';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { exceptions, named, recordSpans } from '../testing/recorded-spans.ts';
import { traceRequests } from './trace-requests.ts';

const recorded = recordSpans();
const agent = new Agent();
const retrying = agent.compose(traceRequests(), interceptors.retry({ minTimeout: 1, maxTimeout: 1, maxRetries: 2 }));
afterAll(() => agent.destroy());

async function send(origin: string, through: Dispatcher = retrying): Promise<number> {
  const { statusCode, body } = await through.request({ origin, path: '/', method: 'GET' });
  await body.text();
  return statusCode;
}

test('each attempt is a sibling span with its number and its own traceparent', async () => {
  await using server = await echoServer((_, response, nth) => response.writeHead(nth < 3 ? 503 : 200).end('answer'));
  expect(await span('parent', () => send(server.origin))).toBe(200);

  const spans = await recorded.take(4);
  const parent = named(spans, 'parent').spanContext();
  const attempts = spans.slice(0, 3);
  expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2]);
  expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 503, 200]);
  expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual(['503', '503', undefined]);
  expect(attempts.map((attempt) => attempt.parentSpanContext?.spanId)).toEqual(Array(3).fill(parent.spanId));
  expect(server.received.flatMap((headers) => valuesOf(headers, 'traceparent'))).toEqual(
    attempts.map((attempt) => `00-${parent.traceId}-${attempt.spanContext().spanId}-03`),
  );
});

test('if every attempt fails, the caller gets the error, recorded once', async () => {
  await using server = await echoServer((_, response) => response.writeHead(503).end('no'));
  await span('parent', () => send(server.origin)).catch(() => undefined);

  const spans = await recorded.take(4);
  expect(spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 503, 503, undefined]);
  expect(spans.slice(0, 3).flatMap(exceptions)).toEqual([]);
});

test('an interrupted attempt is a failed span next to the successful one', async () => {
  await using server = await echoServer((request, response, nth) => (nth === 1 ? void request.socket.destroy() : response.end('answer')));
  await span('parent', () => send(server.origin));

  const [first, second, parent] = await recorded.take(3);
  expect(first).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'UND_ERR_SOCKET' } });
  expect(second).toMatchObject({ status: { code: SpanStatusCode.UNSET }, attributes: { 'http.request.resend_count': 1 } });
  expect(first?.parentSpanContext).toEqual(second?.parentSpanContext);
  expect(parent?.status.code).toBe(SpanStatusCode.UNSET);
});
