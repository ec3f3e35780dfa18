import { afterAll, expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Agent, Dispatcher1Wrapper, interceptors, type Dispatcher } from 'undici';
import * as undici6 from 'undici-6';
import * as undici7 from 'undici-7';
import { span } from '@waymark/context';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { serve } from '../testing/http-server.ts';
import { named, recordSpans } from '../testing/recorded-spans.ts';
import { traceRequests } from './trace-requests.ts';

const recorded = recordSpans();

/** Three versions of undici, with two different handler interfaces. */
const agents = {
  'undici 6': new undici6.Agent().compose(traceRequests() as never),
  'undici 7': new undici7.Agent().compose(traceRequests() as never),
  'undici 8': new Agent().compose(traceRequests()),
} as unknown as Record<string, Dispatcher>;
afterAll(() => Promise.all(Object.values(agents).map((agent) => agent.destroy())));

/** Node's own fetch, which contains another copy of undici. */
const nodeFetch = (agent: string, url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, dispatcher: agents[agent] } as object);

const NAMES = Object.keys(agents);

test.each(NAMES)('Node’s fetch through an Agent of %s: one CLIENT span, one traceparent, the whole response', async (agent) => {
  await using server = await echoServer((request, response) => request.pipe(response.setHeader('x-kind', 'echo')));
  const answer = await span('parent', async () => {
    const response = await nodeFetch(agent, `${server.origin}/orders/7?token=hunter2`, {
      method: 'POST',
      body: 'a lamp',
      headers: { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-03`, 'x-own': 'kept' },
    });
    return [response.status, response.headers.get('x-kind'), await response.text()];
  });

  expect(answer).toEqual([200, 'echo', 'a lamp']);
  const spans = await recorded.take(2);
  const client = named(spans, 'POST');
  expect(client).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
  expect(client.attributes).toEqual({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'url.full': `${server.origin}/orders/7`,
    'server.address': '127.0.0.1',
    'server.port': server.port,
    'network.protocol.version': '1.1',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': server.port,
  });
  const { traceId, spanId } = client.spanContext();
  expect(traceId).toBe(named(spans, 'parent').spanContext().traceId);
  expect(valuesOf(server.received[0], 'traceparent')).toEqual([expect.stringMatching(`^00-${traceId}-${spanId}-`)]);
  expect(valuesOf(server.received[0], 'x-own')).toEqual(['kept']);
});

test.each(NAMES)('a long response through %s arrives complete even if it is read slowly', async (agent) => {
  const part = Buffer.alloc(64 * 1024, 'x');
  await using server = await echoServer((_, response) => {
    for (let at = 0; at < 64; at += 1) response.write(part);
    response.end();
  });
  const { body } = await nodeFetch(agent, server.origin);
  let bytes = 0;
  for await (const chunk of body!) {
    bytes += (chunk as Uint8Array).length;
    await new Promise(setImmediate);
  }
  expect(bytes).toBe(64 * part.length);
  expect((await recorded.take(1))[0]?.status.code).toBe(SpanStatusCode.UNSET);
});

test.each(NAMES)('a redirect and a 404 through %s: each request is a span, and fetch behaves as without tracing', async (agent) => {
  await using server = await echoServer((request, response) =>
    request.url === '/old' ? response.writeHead(302, { location: '/new' }).end() : response.writeHead(404).end('none'),
  );
  const response = await nodeFetch(agent, `${server.origin}/old`);
  expect([response.status, response.redirected, await response.text()]).toEqual([404, true, 'none']);
  const spans = await recorded.take(2);
  expect(spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([302, 404]);
  expect(spans.map(({ attributes }) => attributes['error.type'])).toEqual([undefined, '404']);
  expect(server.received.map((headers) => valuesOf(headers, 'traceparent').length)).toEqual([1, 1]);
});

test.each(NAMES)('an abort and a dead server through %s: fetch rejects and the span fails', async (agent) => {
  await using server = await echoServer((_, response) => void response.write('half'));
  const abort = new AbortController();
  const response = await nodeFetch(agent, server.origin, { signal: abort.signal });
  abort.abort();
  await expect(response.text()).rejects.toThrow('aborted');
  const { port } = await serve(() => {}).then(async (dead) => (await dead[Symbol.asyncDispose](), dead));
  await expect(nodeFetch(agent, `http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');

  const [aborted, refused] = await recorded.take(2);
  expect([aborted, refused].map((one) => one?.status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
  expect(refused?.attributes).toMatchObject({ 'error.type': 'ECONNREFUSED' });
  expect(refused?.attributes).not.toHaveProperty(['waymark.peer.unknown']);
});

test.each([
  ['undici 6', undici6.request],
  ['undici 7', undici7.request],
])('`request` of %s: one CLIENT span, one traceparent', async (version, request) => {
  await using server = await echoServer();
  const { statusCode, body } = await request(`${server.origin}/a`, { dispatcher: agents[version] as never });
  await body.text();

  const [client] = await recorded.take(1);
  expect(statusCode).toBe(200);
  expect(client?.attributes).toMatchObject({ 'url.full': `${server.origin}/a`, 'network.peer.port': server.port });
  expect(valuesOf(server.received[0], 'traceparent')).toEqual([expect.stringContaining(client!.spanContext().spanId)]);
});

test('Node’s fetch through Dispatcher1Wrapper and further interceptors of undici 8: each attempt is a span', async () => {
  await using server = await echoServer((_, response, nth) => response.writeHead(nth < 3 ? 503 : 200).end('answer'));
  const agent = new Agent();
  const retrying = new Dispatcher1Wrapper(agent.compose(traceRequests(), interceptors.retry({ minTimeout: 1, maxTimeout: 1 })));
  const answer = await (await fetch(server.origin, { dispatcher: retrying } as object)).text();
  await agent.destroy();

  const spans = await recorded.take(3);
  expect(answer).toBe('answer');
  expect(spans.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2]);
  expect(server.received.map((headers) => valuesOf(headers, 'traceparent').length)).toEqual([1, 1, 1]);
});
