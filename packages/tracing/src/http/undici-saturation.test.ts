import { expect, test } from '@jest/globals';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { interceptors, Pool, type Dispatcher } from 'undici';
import { span } from '@waymark/context';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { named, recordSpans } from '../testing/recorded-spans.ts';
import { traceRequests } from './trace-requests.ts';

const recorded = recordSpans();
const REQUESTS = 64;

/**
 * Sends 64 requests at once through one connection, each in its own trace. Each fails until attempt number `attempts`. Counts the attempts
 * in a wrong trace.
 */
async function strays(attempts: number, ...layers: Dispatcher.DispatcherComposeInterceptor[]): Promise<{ spans: number; wire: number }> {
  const tried = new Map<unknown, number>();
  await using server = await echoServer(({ url, headers }, response) => {
    tried.set(url, (tried.get(url) ?? 0) + 1);
    response.writeHead(tried.get(url) === attempts ? 200 : 503).end(String(headers['traceparent']));
  });
  const pool = new Pool(server.origin, { connections: 1, pipelining: 1 });
  const through = pool.compose(...layers);
  const answers = await Promise.all(
    Array.from({ length: REQUESTS }, (_, at) =>
      span(`/${at}`, async () => {
        const { body } = await through.request({ path: `/${at}`, method: 'GET' });
        return body.text();
      }),
    ),
  );
  await pool.destroy();
  expect(server.received.map((headers) => valuesOf(headers, 'traceparent').length)).toEqual(Array(REQUESTS * attempts).fill(1));
  const spans = await recorded.take(REQUESTS * (1 + attempts));
  const clients = spans.filter(({ name }) => name === 'GET');
  return {
    spans: clients.filter((client) => !isChild(client, named(spans, new URL(String(client.attributes['url.full'])).pathname))).length,
    wire: answers.filter((answer, at) => !answer.includes(named(spans, `/${at}`).spanContext().traceId)).length,
  };
}

function isChild(child: ReadableSpan, parent: ReadableSpan): boolean {
  return child.spanContext().traceId === parent.spanContext().traceId && child.parentSpanContext?.spanId === parent.spanContext().spanId;
}

/** The mistake that this test must detect: reading the context only when the connection is free, in the context of another request. */
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

test('64 requests through one busy connection: each has its own parent, in its span and on the wire', async () => {
  expect(await strays(1, traceRequests())).toEqual({ spans: 0, wire: 0 });
});

test('the same with retries, which start in the async context of their response', async () => {
  const retry = interceptors.retry({ minTimeout: 1, maxTimeout: 1 });
  expect(await strays(3, traceRequests(), retry)).toEqual({ spans: 0, wire: 0 });
});

test('this test detects a context that is read too late', async () => {
  const wrong = await strays(1, traceRequests(), whenFree);
  expect(wrong.spans).toBeGreaterThan(REQUESTS / 2);
  expect(wrong.wire).toBe(wrong.spans);
});
