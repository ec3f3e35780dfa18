import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problem } from '@waymark/contracts';
import { INTROSPECT } from './testing/parts.ts';
import type { Answer, Shopper } from './testing/shopper.ts';
import { below } from './testing/sketch.ts';
import { startTracedShop, type TracedShop } from './testing/traced-shop.ts';

let traced: TracedShop;
let stranger: Shopper;
let demo: Shopper;

beforeAll(async () => {
  traced = await startTracedShop();
  stranger = traced.shopper();
  demo = traced.shopper();
  await demo.logIn();
}, 60_000);
afterAll(async () => traced?.[Symbol.asyncDispose]());

const LISTING = `
gateway SERVER GET /v1/products 200
  gateway CLIENT GET /products 200
    inventory SERVER GET /products 200
      inventory CLIENT SELECT products`;

const ORDERS = `
gateway SERVER GET /v1/orders 200
${below(1, INTROSPECT)}
  gateway CLIENT GET /orders 200
    order SERVER GET /orders 200
      order CLIENT SELECT orders`;

test('logging in is one trace through the gateway and auth, with nothing secret in it', async () => {
  const answer = await traced.shopper().logIn();
  expect(answer.status).toBe(201);
  await traced.expectTrace(
    answer,
    `
gateway SERVER POST /v1/sessions 201
  gateway CLIENT POST /sessions 201
    auth SERVER POST /sessions 201
      auth CLIENT SELECT users
      auth CLIENT DELETE sessions
      auth CLIENT INSERT sessions`,
  );
});

test.each([
  ['a wrong password', { email: 'demo@waymark.test', password: 'wrong' }],
  ['an unknown e-mail', { email: 'nobody@waymark.test', password: 'waymark' }],
])('%s is refused in the same words, and leaves the same trace', async (_, json) => {
  const answer = await stranger.call('POST', '/v1/sessions', { json });
  expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials', title: 'Wrong e-mail or password' } });
  await traced.expectTrace(
    answer,
    `
gateway SERVER POST /v1/sessions 401 invalid_credentials
  gateway CLIENT POST /sessions 401 ERROR
    auth SERVER POST /sessions 401 invalid_credentials
      auth CLIENT SELECT users`,
  );
});

test('listing the products needs no login', async () => {
  const answer = await stranger.call<{ items: unknown[] }>('GET', '/v1/products');
  expect(answer.status).toBe(200);
  expect(answer.body.items).toHaveLength(13);
  await traced.expectTrace(answer, LISTING);
});

test('one product, and one that does not exist', async () => {
  expect(await stranger.call('GET', '/v1/products/tea-pot')).toMatchObject({
    status: 200,
    body: { sku: 'tea-pot', priceCents: 4200, currency: 'EUR' },
  });
  const missing = await stranger.call('GET', '/v1/products/no-such-thing');
  expect(missing).toMatchObject({ status: 404, body: { code: 'unknown_product' } });
  await traced.expectTrace(
    missing,
    `
gateway SERVER GET /v1/products/{sku} 404 unknown_product
  gateway CLIENT GET /products/{sku} 404 ERROR
    inventory SERVER GET /products/{sku} 404 unknown_product
      inventory CLIENT SELECT products`,
  );
});

test('listing one’s orders asks auth who one is, then order', async () => {
  const answer = await demo.call('GET', '/v1/orders?limit=5');
  expect(answer).toMatchObject({ status: 200, body: { items: [] } });
  await traced.expectTrace(answer, ORDERS);
});

test('logging out ends the session for good', async () => {
  const leaving = traced.shopper();
  await leaving.logIn();
  const answer = await leaving.call('DELETE', '/v1/sessions/current');
  expect(answer.status).toBe(204);
  await traced.expectTrace(
    answer,
    `
gateway SERVER DELETE /v1/sessions/current 204
  gateway CLIENT DELETE /sessions/current 204
    auth SERVER DELETE /sessions/current 204
      auth CLIENT DELETE sessions`,
  );
  expect(await leaving.call('DELETE', '/v1/sessions/current')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(await leaving.call('GET', '/v1/orders')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
});

const needLogin: [string, string][] = [
  ['POST', '/v1/orders'],
  ['GET', '/v1/orders'],
  ['GET', `/v1/orders/${randomUUID()}`],
  ['POST', `/v1/orders/${randomUUID()}/cancel`],
  ['DELETE', '/v1/sessions/current'],
];

test.each(needLogin)('%s %s without a login is a 401 that never leaves the gateway', async (method, path) => {
  const answer = await stranger.call(method, path);
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  const route = path.replace(/[0-9a-f-]{36}/, '{id}');
  await traced.expectTrace(answer, `gateway SERVER ${method} ${route} 401 unauthenticated`);
});

test('a token that was never one is found out by auth', async () => {
  const answer = await stranger.call('GET', '/v1/orders', { headers: { authorization: `Bearer ${'x'.repeat(43)}` } });
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  await traced.expectTrace(answer, `gateway SERVER GET /v1/orders 401 unauthenticated\n${below(1, INTROSPECT)}`);
});

const refusals: [string, number, string, string, () => Promise<Answer>][] = [
  ['an unknown path', 404, 'not_found', 'GET', () => demo.call('GET', '/v1/nothing')],
  ['another method', 405, 'method_not_allowed', 'PUT', () => demo.call('PUT', '/v1/orders', { json: {} })],
  [
    'a body that is not JSON',
    415,
    'unsupported_media_type',
    'POST /v1/orders',
    () => order({ raw: 'lines=1', headers: { 'content-type': 'text/plain' } }),
  ],
  [
    'malformed JSON',
    400,
    'malformed_json',
    'POST /v1/orders',
    () => order({ raw: '{"lines": [', headers: { 'content-type': 'application/json' } }),
  ],
  ['a body of 100 kB', 413, 'body_too_large', 'POST /v1/orders', () => order({ json: { lines: 'x'.repeat(100_000) } })],
  ['no lines', 422, 'invalid_request', 'POST /v1/orders', () => order({ json: { lines: [] } })],
  ['a quantity of zero', 422, 'invalid_request', 'POST /v1/orders', () => order({ json: { lines: [{ sku: 'tea-pot', quantity: 0 }] } })],
  ['half a tea pot', 422, 'invalid_request', 'POST /v1/orders', () => order({ json: { lines: [{ sku: 'tea-pot', quantity: 0.5 }] } })],
  [
    'no Idempotency-Key',
    422,
    'invalid_request',
    'POST /v1/orders',
    () => demo.call('POST', '/v1/orders', { json: { lines: [{ sku: 'tea-pot', quantity: 1 }] } }),
  ],
  ['a limit of 1000', 422, 'invalid_request', 'GET /v1/orders', () => demo.call('GET', '/v1/orders?limit=1000')],
  ['an order id that is none', 404, 'not_found', 'GET /v1/orders/{id}', () => demo.call('GET', '/v1/orders/17')],
];
const order = (call: Parameters<Shopper['call']>[2]): Promise<Answer> =>
  demo.call('POST', '/v1/orders', { ...call, headers: { 'idempotency-key': randomUUID(), ...call?.headers } });

test.each(refusals)('%s is a %i %s, in words, and one span', async (_, status, code, name, ask) => {
  const answer = await ask();
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(problem.parse(answer.body)).toMatchObject({
    status,
    code,
    traceId: answer.traceId,
    title: expect.any(String),
    detail: expect.any(String),
  });
  await traced.expectTrace(answer, `gateway SERVER ${name} ${status} ${code}`);
});

test('405 names the methods that the path takes', async () => {
  const answer = await demo.call('PUT', '/v1/orders');
  expect(answer.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
});

test('another user’s order is as little there as one that never was', async () => {
  const ada = traced.shopper();
  await ada.logIn('ada@waymark.test');
  const { body: mine } = await demo.place('tea-pot');
  for (const id of [mine.id, randomUUID()]) {
    const answer = await ada.call('GET', `/v1/orders/${id}`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    await traced.expectTrace(
      answer,
      `
gateway SERVER GET /v1/orders/{id} 404 not_found
${below(1, INTROSPECT)}
  gateway CLIENT GET /orders/{id} 404 ERROR
    order SERVER GET /orders/{id} 404 not_found
      order CLIENT SELECT orders`,
    );
  }
});

test('the gateway continues the caller’s trace, and tells the browser too', async () => {
  const [traceId, parentId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const answer = await stranger.call('GET', '/v1/products', { headers: { traceparent: `00-${traceId}-${parentId}-01` } });
  expect(answer.traceId).toBe(traceId);
  expect(answer.headers.get('traceresponse')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(answer.headers.get('server-timing')).toBe(`traceparent;desc="${answer.headers.get('traceresponse')}"`);
});

test.each([
  '00-0-0-01',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'hello',
])('the gateway begins a new trace when traceparent is %s', async (traceparent) => {
  const answer = await stranger.call('GET', '/v1/products', { headers: { traceparent } });
  const [root] = (await traced.expectTrace(answer, LISTING)).spans;
  expect(root).toMatchObject({ service: 'gateway', kind: 'SERVER', parentSpanId: undefined });
  expect(traceparent).not.toContain(answer.traceId);
});

test('the SERVER span of the gateway says what the semantic conventions ask for', async () => {
  const answer = await stranger.call('GET', '/v1/products?password=hunter2');
  const [root] = (await traced.expectTrace(answer, LISTING)).spans;
  expect(root?.attributes).toMatchObject({
    'http.request.method': 'GET',
    'http.route': '/v1/products',
    'http.response.status_code': 200n,
    'url.path': '/v1/products',
    'url.scheme': 'http',
    'server.address': '127.0.0.1',
    'server.port': BigInt(new URL(traced.shop.urls.gateway).port),
    'client.address': '127.0.0.1',
    'network.protocol.version': '1.1',
  });
  expect(root?.status.code).toBe('UNSET');
});

test('each service logs the request with the trace id of its span', async () => {
  const answer = await demo.call('GET', '/v1/orders');
  const trace = await traced.expectTrace(answer, ORDERS);
  for (const service of ['gateway', 'auth', 'order'] as const) {
    const lines = traced.shop.lines(service).map((line) => JSON.parse(line) as Record<string, unknown>);
    const line = lines.find(({ trace_id }) => trace_id === answer.traceId);
    const server = trace.spans.find((span) => span.service === service && span.kind === 'SERVER');
    expect(line).toMatchObject({ service, status: 200, span_id: server?.spanId });
  }
});

test('health checks are answered, and leave no trace', async () => {
  for (const url of Object.values(traced.shop.urls)) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }
  await traced.expectTrace(await stranger.call('GET', '/v1/products'), LISTING);
  const paths = traced.traces.spans.map(({ attributes }) => attributes['url.path']);
  expect(paths).toContain('/v1/products');
  expect(paths).not.toContain('/readyz');
  expect(paths).not.toContain('/healthz');
});

test('the API describes itself', async () => {
  const { status, body } = await stranger.call<{ openapi: string; paths: object }>('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.1');
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/sessions', '/v1/orders', '/v1/orders/{id}/cancel', '/v1/products/{sku}']),
  );
});

test('no password, token or e-mail reached a span or a log line', async () => {
  const visitor = traced.shopper();
  const { body } = await visitor.logIn();
  const answer = await visitor.call('GET', '/v1/orders', { headers: { baggage: 'token=abc,email=demo@waymark.test' } });
  await traced.expectTrace(answer, ORDERS);
  const logs = (['gateway', 'auth', 'order', 'inventory'] as const).flatMap((service) => traced.shop.lines(service)).join('\n');
  const spans = JSON.stringify(traced.traces.spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  for (const secret of [body.token, 'demo@waymark.test', 'hunter2', 'Bearer ', 'postgres://']) {
    expect(spans).not.toContain(secret);
    expect(logs).not.toContain(secret);
  }
});
