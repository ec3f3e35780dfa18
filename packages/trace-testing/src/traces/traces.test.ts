import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { judge } from '@waymark/trace-model';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { IncompleteTraceError } from './incomplete-trace-error.ts';
import { order } from '../testing/order.ts';
import { newTraceId, otlp, send, span, type OtlpSpan } from '../testing/spans.ts';
import { traceBackend } from './trace-backend.ts';
import { tracesFrom } from './traces.ts';

let store: RunningTraceStore;
const servers: Server[] = [];
beforeAll(async () => {
  store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
});
afterAll(async () => {
  await store.close();
  for (const server of servers) server.close();
});

/** A server that answers each path as told. */
async function serving(answer: (path: string) => { status: number; type: string; body: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { status, type, body } = answer(request.url ?? '');
    response.writeHead(status, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The address of a server that has gone. */
async function closed(): Promise<string> {
  const url = await serving(() => ({ status: 200, type: 'text/plain', body: '' }));
  servers.pop()?.close();
  return url;
}

test('resolves with the trace of a response when all spans have arrived, in any order', async () => {
  const traceId = newTraceId();
  const spans = otlp(order(), { traceId });
  const answer = new Response(null, { headers: { traceresponse: `00-${traceId}-00f067aa0ba902b7-01` } });
  const waiting = tracesFrom(store.url).of(answer);
  for (const one of spans.toReversed()) await send(store.otlpUrl, [one]);
  const trace = await waiting;
  expect(trace.spans).toHaveLength(5);
  expect(trace.completeness).toMatchObject({ state: 'complete', by: 'manifest', undeclared: [] });
});

test('after the timeout, the error names the missing spans and draws the others', async () => {
  const traceId = newTraceId();
  const spans = otlp(order(), { traceId });
  await send(
    store.otlpUrl,
    spans.filter(({ span }) => span.name !== 'INSERT orders'),
  );
  const error = await tracesFrom(store.url)
    .of({ traceId }, { timeoutMs: 60 })
    .catch((error: unknown) => error as Error);
  expect(error).toMatchObject({ name: 'IncompleteTraceError', missing: ['1 of the 3 spans of order `POST /orders`'] });
  expect((error as Error).message).toContain(
    `trace ${traceId} is not complete after 60 ms: still waiting for\n  1 of the 3 spans of order`,
  );
  expect((error as Error).message).toMatch(/order +└ SELECT orders/);
  expect((error as Error).message).not.toContain('by its structure');
});

const hex = (number: number): string => number.toString(16).padStart(16, '0');

test('always asks for raw spans, in the parameters of old and new versions of Jaeger', async () => {
  const asked: URL[] = [];
  const v1 = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    asked.push(url);
    response.writeHead(url.pathname.startsWith('/api/v3') ? 404 : 200, { 'content-type': 'application/json' });
    response.end(url.pathname.startsWith('/api/v3') ? 'not found' : '{"data":[]}');
  });
  servers.push(v1);
  v1.listen(0, '127.0.0.1');
  await once(v1, 'listening');
  const backend = traceBackend(`http://127.0.0.1:${(v1.address() as AddressInfo).port}`);
  await backend.trace(newTraceId());
  await backend.search({ service: 'order', operation: 'POST /orders', minDurationMs: 5 });
  const raw = asked.map(({ pathname, searchParams }) => [
    pathname.replace(/[0-9a-f]{32}/, '{id}'),
    [...searchParams].filter(([name]) => /raw/i.test(name)).map((pair) => pair.join('=')),
  ]);
  expect(raw).toEqual([
    ['/api/v3/traces/{id}', ['rawTraces=true', 'raw_traces=true']],
    ['/api/traces/{id}', ['raw=true']],
    ['/api/v3/traces', ['query.rawTraces=true', 'query.raw_traces=true']],
    ['/api/traces', ['raw=true']],
  ]);
  const [, , search] = asked;
  for (const [camel, snake] of [
    ['serviceName', 'service_name'],
    ['operationName', 'operation_name'],
    ['startTimeMin', 'start_time_min'],
    ['startTimeMax', 'start_time_max'],
    ['durationMin', 'duration_min'],
    ['searchDepth', 'search_depth'],
  ]) {
    expect(search?.searchParams.get(`query.${camel}`)).toBe(search?.searchParams.get(`query.${snake}`));
    expect(search?.searchParams.get(`query.${camel}`)).toMatch(/./);
  }
});

test('the message stays short for 20,000 missing parents', async () => {
  const traceId = newTraceId();
  const [one] = otlp(span('order', 'INTERNAL', 'lost'), { traceId });
  if (!one) throw new Error('no span');
  const orphan = (at: number): OtlpSpan => ({
    service: 'order',
    span: { ...one.span, spanId: hex(at + 1), parentSpanId: hex(at + 1_000_000) },
  });
  await send(
    store.otlpUrl,
    Array.from({ length: 20_000 }, (_, at) => orphan(at)),
  );
  const trace = await tracesFrom(store.url).now(traceId);
  const { missing, message } = new IncompleteTraceError(trace, judge(trace), { url: store.url, timeoutMs: 2_000 });
  expect(missing).toHaveLength(20_000);
  expect(message).toMatch(/\n {2}… and 19,980 more\n/);
  expect(message).toMatch(/\n… and 19,960 more spans\n/);
  expect(message.length).toBeLessThan(10_000);
});

test('a producer without a manifest does not keep a trace incomplete', async () => {
  const traceId = newTraceId();
  const message = { 'messaging.system': 'kafka', 'messaging.message.id': '17', 'messaging.operation.name': 'send' };
  const spans = otlp(span('legacy', 'SERVER', 'POST /orders', {}, [span('legacy', 'PRODUCER', 'send orders', message)]), {
    traceId,
    manifest: false,
  });
  await send(store.otlpUrl, spans);
  const trace = await tracesFrom(store.url).of(traceId, { timeoutMs: 3_000 });
  expect(trace.completeness).toMatchObject({ state: 'complete', by: 'structure', undeclared: ['legacy'] });
});

test('the error for a message that nobody has consumed suggests to wait longer', async () => {
  const traceId = newTraceId();
  const message = { 'messaging.system': 'queue', 'messaging.message.id': '17', 'messaging.operation.name': 'send' };
  await send(store.otlpUrl, otlp(span('order', 'PRODUCER', 'send fulfil', message), { traceId }));
  await expect(tracesFrom(store.url).of(traceId, { timeoutMs: 1_000 })).rejects.toThrow(
    /a consumer of the message that order `send fulfil` sent\n[^]*wait longer/,
  );
});

test('the error for a trace without spans says what to check', async () => {
  await expect(tracesFrom(store.url).of(newTraceId(), { timeoutMs: 1_000 })).rejects.toThrow(
    /none of its spans has arrived at http:.*\n.*OTEL_EXPORTER_OTLP_ENDPOINT/,
  );
});

test('an unsampled trace is rejected at once', async () => {
  const headers = { traceresponse: `00-${newTraceId()}-00f067aa0ba902b7-00` };
  await expect(tracesFrom(store.url).of({ headers }, { timeoutMs: 1e9 })).rejects.toThrow(/is not sampled/);
});

test('a trace without a manifest is judged by its structure, and says so', async () => {
  const traceId = newTraceId();
  await send(store.otlpUrl, otlp(order(), { traceId, manifest: false }));
  const { completeness } = await tracesFrom(store.url).of(traceId, { timeoutMs: 1_000 });
  expect(completeness).toMatchObject({ state: 'complete', by: 'structure', undeclared: ['gateway', 'order'] });
});

test('a trace without a manifest whose root is missing is not complete', async () => {
  const traceId = newTraceId();
  await send(store.otlpUrl, otlp(order(), { traceId, manifest: false }).slice(1));
  await expect(tracesFrom(store.url).of(traceId, { timeoutMs: 1_000 })).rejects.toThrow(
    /the span [0-9a-f]{16} above gateway `POST`\nIt can only be judged by its structure: gateway, order do not declare/,
  );
});

test('the outcome of a call without a response is unknown', async () => {
  const traceId = newTraceId();
  await send(store.otlpUrl, otlp(span('gateway', 'CLIENT', 'POST', { 'waymark.peer.unknown': true }), { traceId }));
  const { completeness } = await tracesFrom(store.url).of(traceId, { timeoutMs: 1_000 });
  expect(completeness).toMatchObject({
    state: 'unknown',
    by: 'structure',
    sentence: expect.stringContaining('did with gateway `POST`, which got no answer'),
  });
});

test('reads from a Jaeger that has only API v1', async () => {
  const traceId = newTraceId();
  await send(store.otlpUrl, otlp(order(), { traceId }));
  const v1 = await (await fetch(`${store.url}/api/traces/${traceId}?raw=true`)).text();
  const url = await serving((path) =>
    path.startsWith('/api/traces/')
      ? { status: 200, type: 'application/json', body: v1 }
      : { status: 404, type: 'text/plain', body: '404 page not found' },
  );
  expect((await tracesFrom(url).of(traceId)).spans).toHaveLength(5);
});

test('the error says what is wrong with the address', async () => {
  const page = await serving(() => ({ status: 200, type: 'text/html', body: '<!doctype html>' }));
  await expect(tracesFrom(page).of(newTraceId())).rejects.toThrow(/is not a trace backend: .*\(200, text\/html\).*port 16686/);
  await expect(tracesFrom(store.otlpUrl).of(newTraceId())).rejects.toThrow(/is not a trace backend/);
  await expect(tracesFrom(await closed()).of(newTraceId())).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
  expect(() => tracesFrom('localhost:16686')).toThrow(/"localhost:16686" is not the URL of a trace backend/);
});

test('retries when the backend fails, until the timeout', async () => {
  const traceId = newTraceId();
  await send(store.otlpUrl, otlp(order(), { traceId }));
  const body = await (await fetch(`${store.url}/api/v3/traces/${traceId}`)).text();
  let asked = 0;
  const url = await serving(() =>
    ++asked < 3 ? { status: 503, type: 'text/plain', body: '' } : { status: 200, type: 'application/json', body },
  );
  expect((await tracesFrom(url).of(traceId)).spans).toHaveLength(5);
  const broken = await serving(() => ({ status: 503, type: 'text/plain', body: '' }));
  await expect(tracesFrom(broken).of(traceId, { timeoutMs: 1_000 })).rejects.toThrow(/failed: 503/);
});
