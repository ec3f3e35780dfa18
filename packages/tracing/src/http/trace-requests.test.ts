import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Agent, Client, fetch, H2CClient, interceptors, Pool, type Dispatcher } from 'undici';
import { span } from '@waymark/context';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { serve } from '../testing/http-server.ts';
import { exceptions, named, recordSpans } from '../testing/recorded-spans.ts';
import { traceRequests, type TracedRequest } from './trace-requests.ts';

const recorded = recordSpans();
const agent = new Agent().compose(traceRequests());

async function send(options: Dispatcher.RequestOptions & TracedRequest, through: Dispatcher = agent): Promise<number> {
  const { statusCode, body } = await through.request(options);
  await body.text();
  return statusCode;
}

test('a request is one CLIENT span with the attributes of the HTTP conventions, below the active one', async () => {
  await using server = await echoServer();
  await span('parent', () => send({ origin: server.origin, path: '/orders/7', method: 'GET', peerService: 'order' }));

  const spans = await recorded.take(2);
  const client = named(spans, 'GET');
  expect(client).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
  expect(client.parentSpanContext?.spanId).toBe(named(spans, 'parent').spanContext().spanId);
  expect(client.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.full': `${server.origin}/orders/7`,
    'server.address': '127.0.0.1',
    'server.port': server.port,
    'waymark.peer.service': 'order',
    'network.protocol.version': '1.1',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': server.port,
  });
  const { traceId, spanId } = client.spanContext();
  expect(valuesOf(server.received[0], 'traceparent')).toEqual([`00-${traceId}-${spanId}-03`]);
});

test('the span has the protocol that was used and the peer that answered', async () => {
  const server = createServer((_, response) => void response.end('over HTTP/2')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new H2CClient(`http://127.0.0.1:${port}`);
  await send({ path: '/', method: 'GET' }, client.compose(traceRequests()));
  await client.destroy();
  server.close();

  const [span] = await recorded.take(1);
  expect(span?.attributes).toMatchObject({
    'network.protocol.version': '2',
    'network.peer.address': '127.0.0.1',
    'network.peer.port': port,
  });
});

test('an IPv6 address has no brackets, except in the URL', async () => {
  const { port } = await serve(() => {}).then(async (server) => (await server[Symbol.asyncDispose](), server));
  await expect(send({ origin: `http://[::1]:${port}`, path: '/a', method: 'GET' })).rejects.toThrow(
    /ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH|EAFNOSUPPORT/,
  );

  const [span] = await recorded.take(1);
  expect(span?.attributes).toMatchObject({ 'server.address': '::1', 'server.port': port, 'url.full': `http://[::1]:${port}/a` });
  expect(span?.attributes).not.toHaveProperty(['network.peer.address']);
});

test('requests aborted at their start do not affect the peer of the next one', async () => {
  await using server = await echoServer();
  const abort = new AbortController();
  abort.abort();
  await expect(send({ origin: server.origin, path: '/aborted', method: 'GET', signal: abort.signal })).rejects.toThrow('aborted');
  await using untraced = disposable(new Agent());
  await send({ origin: server.origin, path: '/untraced', method: 'GET' }, untraced);
  await send({ origin: server.origin, path: '/', method: 'GET' });

  const spans = await recorded.take(2);
  expect(spans.map(({ attributes }) => attributes['network.peer.port'])).toEqual([undefined, server.port]);
});

test('a URL template makes a better span name', async () => {
  await using server = await echoServer();
  await send({ origin: server.origin, path: '/orders/7', method: 'GET', urlTemplate: '/orders/{id}' });

  const [client] = await recorded.take(1);
  expect(client?.name).toBe('GET /orders/{id}');
  expect(client?.attributes['url.template']).toBe('/orders/{id}');
});

test.each([
  ['a query in the path', { path: '/a?token=hunter2' }],
  ['a query in an option', { path: '/a', query: { token: 'hunter2' } }],
  ['a fragment', { path: '/a#hunter2' }],
])('no credential reaches the URL: %s', async (_, options) => {
  await using server = await echoServer();
  await send({ origin: server.origin, method: 'GET', ...options });

  const [client] = await recorded.take(1);
  expect(client?.attributes['url.full']).toBe(`${server.origin}/a`);
});

test('no credential reaches the URL from the origin, or from a path that is a whole URL (as for a proxy)', async () => {
  await using server = await echoServer();
  await send({ origin: server.origin.replace('//', '//root:hunter2@'), path: '/a', method: 'GET' });
  await send({ origin: server.origin, path: 'http://root:hunter2@shop.test:81/a?token=hunter2', method: 'GET' });

  const spans = await recorded.take(2);
  expect(spans.map(({ attributes }) => attributes['url.full'])).toEqual([`${server.origin}/a`, 'http://shop.test:81/a']);
});

test.each([
  [404, { code: SpanStatusCode.ERROR }, '404'],
  [503, { code: SpanStatusCode.ERROR }, '503'],
  [304, { code: SpanStatusCode.UNSET }, undefined],
])('a response with status %i gives the span status %o', async (statusCode, status, type) => {
  await using server = await echoServer((_, response) => response.writeHead(statusCode).end());
  expect(await send({ origin: server.origin, path: '/', method: 'GET' })).toBe(statusCode);

  const [client] = await recorded.take(1);
  expect(client).toMatchObject({ status, attributes: { 'http.response.status_code': statusCode } });
  expect(client?.attributes['error.type']).toBe(type);
  expect(client?.events).toEqual([]);
});

test('an unknown method is _OTHER, and the original is kept', async () => {
  await using server = await echoServer();
  await send({ origin: server.origin, path: '/', method: 'PROPFIND' });

  const [client] = await recorded.take(1);
  expect(client?.name).toBe('HTTP');
  expect(client?.attributes).toMatchObject({ 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' });
});

test('a refused connection fails the span with its code, and is recorded only there', async () => {
  const { port } = await serve(() => {}).then(async (server) => (await server[Symbol.asyncDispose](), server));
  await expect(span('parent', () => send({ origin: `http://127.0.0.1:${port}`, path: '/', method: 'GET' }))).rejects.toThrow(
    'ECONNREFUSED',
  );

  const [client, parent] = await recorded.take(2);
  expect(client).toMatchObject({
    kind: SpanKind.CLIENT,
    status: { code: SpanStatusCode.ERROR },
    attributes: { 'error.type': 'ECONNREFUSED' },
  });
  expect(exceptions(client!)).toHaveLength(1);
  expect(exceptions(parent!)).toEqual([]);
});

test('an abort during the response fails the span', async () => {
  await using server = await echoServer((_, response) => void response.write('half'));
  const abort = new AbortController();
  const { body } = await agent.request({ origin: server.origin, path: '/', method: 'GET', signal: abort.signal });
  abort.abort();
  await expect(body.text()).rejects.toThrow('aborted');

  const [client] = await recorded.take(1);
  expect(client?.status.code).toBe(SpanStatusCode.ERROR);
  expect(client?.attributes).toMatchObject({ 'http.response.status_code': 200, 'error.type': 'UND_ERR_ABORTED' });
});

test("a request that undici rejects still ends its span, with undici's own error", async () => {
  await expect(send({ origin: 'http://127.0.0.1:1', path: 'no-slash', method: 'GET' })).rejects.toThrow('path must be an absolute URL');
  await expect(send({ origin: 'nowhere', path: '/', method: 'GET' })).rejects.toThrow('Invalid URL');
  await expect(send({ path: '/', method: 'GET' })).rejects.toThrow('origin');

  const spans = await recorded.take(3);
  expect(spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR, SpanStatusCode.ERROR]);
});

test('requests of Client, Pool and fetch are traced', async () => {
  await using server = await echoServer();
  await using client = disposable(new Client(server.origin));
  await using pool = disposable(new Pool(server.origin));
  await send({ path: '/client', method: 'GET' }, client.compose(traceRequests()));
  await send({ path: '/pool', method: 'GET' }, pool.compose(traceRequests()));
  await (await fetch(`${server.origin}/fetch`, { dispatcher: agent })).text();

  const spans = await recorded.take(3);
  expect(spans.map(({ attributes }) => attributes['url.full'])).toEqual(['/client', '/pool', '/fetch'].map((path) => server.origin + path));
  for (const headers of server.received) expect(valuesOf(headers, 'traceparent')).toHaveLength(1);
});

test('an upgraded connection ends its span when the protocol changes', async () => {
  await using server = await serve(() => {});
  server.server.on('upgrade', (_, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n'),
  );
  await using client = disposable(new Client(server.origin));
  const { socket } = await client.compose(traceRequests()).upgrade({ path: '/', protocol: 'echo' });
  socket.resume();
  await once(socket, 'end');

  const [only] = await recorded.take(1);
  expect(only?.attributes['http.response.status_code']).toBe(101);
});

test('a redirect is a second request with its own span', async () => {
  await using server = await echoServer((request, response) =>
    request.url === '/old' ? response.writeHead(302, { location: '/new' }).end() : response.end('here'),
  );
  await using redirecting = disposable(new Agent());
  const through = redirecting.compose(traceRequests(), interceptors.redirect({ maxRedirections: 2 }));
  await span('parent', () => send({ origin: server.origin, path: '/old', method: 'GET' }, through));

  const [old, next, parent] = await recorded.take(3);
  expect([old, next].map((one) => [one?.attributes['http.response.status_code'], one?.attributes['http.request.resend_count']])).toEqual([
    [302, undefined],
    [200, 1],
  ]);
  expect([old, next].map((one) => one?.parentSpanContext?.spanId)).toEqual(Array(2).fill(parent?.spanContext().spanId));
});

function disposable<D extends Dispatcher>(dispatcher: D): D & AsyncDisposable {
  return Object.assign(dispatcher, { [Symbol.asyncDispose]: () => dispatcher.destroy() });
}
