import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import Koa from 'koa';
import { request } from 'undici';
import { annotate, failActive, span as inSpan } from '@waymark/context';
import { traced } from './koa.ts';
import { serve } from '../testing/http-server.ts';
import { exceptions, recordSpans } from '../testing/recorded-spans.ts';
import { tracedApp } from '../testing/traced-app.ts';

const recorded = recordSpans();

test('a request is one SERVER span with the attributes of the HTTP conventions', async () => {
  await using server = await serve(tracedApp((ctx) => void (ctx.body = 'here')).callback());
  const answer = await request(`${server.origin}/orders?token=hunter2`, { headers: { 'user-agent': 'test/1' } });
  await answer.body.dump();

  const [span] = await recorded.take(1);
  expect(span).toMatchObject({ name: 'GET', kind: SpanKind.SERVER, status: { code: SpanStatusCode.UNSET } });
  expect(span?.parentSpanContext).toBeUndefined();
  expect(span?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.path': '/orders',
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
    'server.address': '127.0.0.1',
    'server.port': server.port,
    'client.address': '127.0.0.1',
    'user_agent.original': 'test/1',
  });
});

test('the server address is the one that the caller used, not the mapped port', async () => {
  await using server = await serve(tracedApp().callback());
  await (await request(server.origin, { headers: { host: 'shop.test:8443' } })).body.dump();
  await (await request(server.origin, { headers: { host: 'shop.test' } })).body.dump();
  await (await request(server.origin, { headers: { host: '[::1]:8443' } })).body.dump();
  await (await request(server.origin, { headers: { host: '[2001:db8::7]' } })).body.dump();

  const spans = await recorded.take(4);
  expect(spans.map(({ attributes }) => [attributes['server.address'], attributes['server.port']])).toEqual([
    ['shop.test', 8443],
    ['shop.test', 80],
    ['::1', 8443],
    ['2001:db8::7', 80],
  ]);
});

test('the handler runs inside the span', async () => {
  let seen: string | undefined;
  await using server = await serve(tracedApp(() => void (seen = trace.getActiveSpan()?.spanContext().spanId)).callback());
  await (await request(server.origin)).body.dump();

  const [span] = await recorded.take(1);
  expect(seen).toBe(span?.spanContext().spanId);
});

test('an unknown method is _OTHER, and the original is kept', async () => {
  await using server = await serve(tracedApp().callback());
  await (await request(server.origin, { method: 'PROPFIND' })).body.dump();

  const [span] = await recorded.take(1);
  expect(span?.name).toBe('HTTP');
  expect(span?.attributes).toMatchObject({ 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' });
});

test('a 4xx is the caller’s error: the span does not fail, even if it was thrown', async () => {
  await using server = await serve(
    tracedApp((ctx) => (ctx.path === '/thrown' ? ctx.throw(409, 'sold out') : void (ctx.status = 404))).callback(),
  );
  for (const [path, status] of [
    ['/thrown', 409],
    ['/answered', 404],
  ] as const) {
    const answer = await request(server.origin + path);
    await answer.body.dump();

    const [span] = await recorded.take(1);
    expect(answer.statusCode).toBe(status);
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toMatchObject({ 'http.response.status_code': status });
    expect(span?.attributes).not.toHaveProperty(['error.type']);
    expect(span?.events).toEqual([]);
  }
});

test('an unexpected error is recorded once, and fails the SERVER span with its message', async () => {
  await using server = await serve(tracedApp(() => Promise.reject(new RangeError('beyond the stock'))).callback());
  const answer = await request(server.origin);
  await answer.body.dump();

  const [span] = await recorded.take(1);
  expect(answer.statusCode).toBe(500);
  expect(exceptions(span!)).toEqual(['beyond the stock']);
  expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'beyond the stock' });
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': 'RangeError' });
});

test('a 5xx without an error has the status as its error.type, unless the handler recorded an error', async () => {
  await using server = await serve(
    tracedApp((ctx) => {
      ctx.status = 503;
      if (ctx.path === '/said') annotate({ 'error.type': 'unavailable' });
      if (ctx.path === '/failed') failActive(new TypeError('cause'));
    }).callback(),
  );
  const outcomes = [];
  for (const path of ['/', '/said', '/failed']) {
    await (await request(server.origin + path)).body.dump();
    const [span] = await recorded.take(1);
    outcomes.push([span?.status, span?.attributes['error.type']]);
  }
  expect(outcomes).toEqual([
    [{ code: SpanStatusCode.ERROR }, '503'],
    [{ code: SpanStatusCode.ERROR }, 'unavailable'],
    [{ code: SpanStatusCode.ERROR, message: 'cause' }, 'TypeError'],
  ]);
});

test('an error is recorded even if an outer middleware catches it', async () => {
  const koa = new Koa();
  koa.use((ctx, next) => next().catch(() => void (ctx.status = 503)));
  koa.use(traced()).use(() => Promise.reject(new Error('inside')));
  await using server = await serve(koa.callback());
  await (await request(server.origin)).body.dump();

  const [span] = await recorded.take(1);
  expect(exceptions(span!)).toEqual(['inside']);
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': 503 });
});

test('a body that cannot be serialized fails the span', async () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  await using server = await serve(tracedApp((ctx) => void (ctx.body = circular)).callback());
  const answer = await request(server.origin);
  await answer.body.dump();

  const [span] = await recorded.take(1);
  expect(answer.statusCode).toBe(500);
  expect(answer.headers['x-trace-id']).toBe(span?.spanContext().traceId);
  expect(span?.attributes['error.type']).toBe('TypeError');
});

test('a failing body stream is the server’s error, not the caller’s', async () => {
  await using server = await serve(tracedApp((ctx) => void (ctx.body = Readable.from(failing()))).callback());
  const answer = await request(server.origin);
  await expect(answer.body.text()).rejects.toThrow('other side closed');

  const [span] = await recorded.take(1);
  expect(exceptions(span!)).toEqual(['disk gone']);
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': 200, 'error.type': 'RangeError' });
});

test("Koa's own error event is emitted inside the span, for its log line", async () => {
  let seen: string | undefined;
  const koa = new Koa();
  koa.use(traced()).use(() => Promise.reject(new Error('boom')));
  koa.on('error', () => (seen = trace.getActiveSpan()?.spanContext().spanId));
  await using server = await serve(koa.callback());
  await (await request(server.origin)).body.dump();

  const [span] = await recorded.take(1);
  expect(seen).toBe(span?.spanContext().spanId);
});

test.each(['destroy', 'resetAndDestroy'] as const)('a caller that leaves during the response fails the span: %s', async (leave) => {
  await using server = await serve(tracedApp((ctx) => void (ctx.body = Readable.from(endless()))).callback());
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET /feed HTTP/1.1\r\nHost: here\r\n\r\n');
  await once(socket, 'data');
  socket[leave]();

  const [span] = await recorded.take(1);
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': 200, 'error.type': 'client_gone' });
  expect(span?.status.code).toBe(SpanStatusCode.ERROR);
});

test('if the caller leaves before the response, the span has no status code, but still contains all work of the handler', async () => {
  const handling = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const handler = async (ctx: Koa.Context): Promise<void> => {
    ctx.res.once('close', gone.resolve);
    handling.resolve();
    await gone.promise;
    await inSpan('COMMIT', () => undefined);
  };
  await using server = await serve(tracedApp(handler).callback());
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  await handling.promise;
  socket.destroy();

  const [inner, outer] = await recorded.take(2);
  expect(inner).toMatchObject({ name: 'COMMIT', parentSpanContext: { spanId: outer?.spanContext().spanId } });
  expect(outer?.attributes['error.type']).toBe('client_gone');
  expect(outer?.attributes).not.toHaveProperty(['http.response.status_code']);
});
async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'x'.repeat(1024);
    await new Promise(setImmediate);
  }
}

async function* failing(): AsyncGenerator<string> {
  yield 'half of it';
  await new Promise(setImmediate);
  throw new RangeError('disk gone');
}

test('a frozen error is handled and recorded like any other', async () => {
  const error = Object.freeze(new Error('frozen'));
  await using server = await serve(tracedApp(() => Promise.reject(error)).callback());
  const answer = await request(server.origin);
  await answer.body.dump();
  const [span] = await recorded.take(1);
  expect([answer.statusCode, answer.headers['x-trace-id']]).toEqual([500, span?.spanContext().traceId]);
  expect(span && exceptions(span)).toEqual(['frozen']);
});

test('of two layers of tracing, each has a span that ends, and the response names the outer one', async () => {
  let inner: string | undefined;
  await using server = await serve(tracedApp(traced(), () => void (inner = trace.getActiveSpan()?.spanContext().spanId)).callback());
  const { headers, body } = await request(server.origin);
  await body.dump();

  const outer = (await recorded.take(2)).map((span) => span.spanContext().spanId).find((id) => id !== inner);
  expect(headers['traceresponse']).toContain(outer);
});

test('a response over HTTP/2 names its trace, and its span ends', async () => {
  const handle = tracedApp((ctx) => void (ctx.body = 'here')).callback();
  const server = createHttp2Server((req, res) => void handle(req as never, res as never)).listen(0);
  await once(server, 'listening');
  const client = connectHttp2(`http://localhost:${(server.address() as AddressInfo).port}`);
  const stream = client.request({ ':path': '/orders' });
  const [headers] = (await once(stream, 'response')) as [Record<string, string>];
  stream.resume();
  const [span] = await recorded.take(1);
  client.destroy();
  server.close();
  expect(headers['x-trace-id']).toBe(span?.spanContext().traceId);
  expect(span?.attributes).toMatchObject({ 'url.path': '/orders', 'http.response.status_code': 200, 'network.protocol.version': '2.0' });
});
