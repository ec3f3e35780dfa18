import { expect, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { Pool, type Dispatcher } from 'undici';
import { span } from './span.ts';
import { echoServer, valuesOf } from './testing/echo-server.ts';
import { named, recordSpans } from './testing/recorded-spans.ts';
import { traceRequests } from './undici.ts';

const recorded = recordSpans();
const REQUESTS = 64;

/** Sends 64 requests at once through one connection, each in a trace of its own, and counts those that ended up in a wrong one. */
async function strays(...interceptors: Dispatcher.DispatcherComposeInterceptor[]): Promise<{ spans: number; wire: number }> {
  await using server = await echoServer((request, response) => response.end(String(request.headers['traceparent'])));
  const pool = new Pool(server.origin, { connections: 1, pipelining: 1 });
  const through = pool.compose(...interceptors);
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, at) =>
      span(`parent ${at}`, async () => {
        const { body } = await through.request({ path: `/${at}`, method: 'GET' });
        return body.text();
      }),
    ),
  );
  await pool.destroy();
  expect(server.received.map((headers) => valuesOf(headers, 'traceparent').length)).toEqual(Array(REQUESTS).fill(1));
  const spans = await recorded.take(2 * REQUESTS);
  const clients = spans.filter(({ name }) => name === 'GET');
  return {
    spans: clients.filter(
      (client) => !isChild(client, named(spans, `parent ${new URL(String(client.attributes['url.full'])).pathname.slice(1)}`)),
    ).length,
    wire: answers.filter((answer, at) => !answer.includes(named(spans, `parent ${at}`).spanContext().traceId)).length,
  };
}

function isChild(child: ReadableSpan, parent: ReadableSpan): boolean {
  return child.spanContext().traceId === parent.spanContext().traceId && child.parentSpanContext?.spanId === parent.spanContext().spanId;
}

/** What goes wrong where the context is read only when the connection is free: the waiter runs as part of the request that woke it. */
const whenFree: Dispatcher.DispatcherComposeInterceptor = (dispatch) => {
  const waiting: (() => void)[] = [];
  let busy = false;
  return (options, handler) => {
    const send = (): void => {
      busy = true;
      const next = (): void => {
        busy = false;
        waiting.shift()?.();
      };
      dispatch(options, {
        onRequestStart: (controller, ctx) => handler.onRequestStart?.(controller, ctx),
        onResponseStart: (controller, status, headers, message) => handler.onResponseStart?.(controller, status, headers, message),
        onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
        onResponseEnd: (controller, trailers) => (handler.onResponseEnd?.(controller, trailers), next()),
      });
    };
    if (busy) waiting.push(send);
    else send();
    return true;
  };
};

test('64 requests through one saturated connection: each has its own parent, on its span and on the wire', async () => {
  expect(await strays(traceRequests())).toEqual({ spans: 0, wire: 0 });
});

test('this test sees the difference: a context read when the connection is free is that of another request', async () => {
  const wrong = await strays(traceRequests(), whenFree);
  expect(wrong.spans).toBeGreaterThan(REQUESTS / 2);
  expect(wrong.wire).toBe(wrong.spans);
});
