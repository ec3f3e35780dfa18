import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Client, request } from 'undici';
import { span } from '@waymark/context';
import { SegmentManifest } from '../sdk/manifest.ts';
import { frameworks, type Handlers } from '../testing/frameworks.ts';
import { exceptions, named, recordSpans } from '../testing/recorded-spans.ts';

const recorded = recordSpans(new SegmentManifest());
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${PARENT}-03`;

/** Default handlers, which a test can replace. */
const handlers = (special: Partial<Handlers> = {}): Handlers => ({
  item: (id) => span('work', async () => ({ id })),
  store: (body) => span('work', async () => ({ stored: body })),
  broken: () => Promise.reject(new RangeError('beyond the stock')),
  async *feed() {
    yield 'one ';
    yield 'two';
  },
  slow: async () => ({}),
  ...special,
});

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield 'x'.repeat(1024);
    await new Promise(setImmediate);
  }
}

/** Every framework must pass every one of these. */
const cases: Record<string, (serve: (typeof frameworks)[string]) => Promise<void>> = {
  async normal(serve) {
    await using app = await serve(handlers());
    const { statusCode, headers, body } = await request(`${app.origin}/v1/items/7?token=hunter2`, {
      headers: { traceparent, 'user-agent': 'test/1' },
    });
    expect([statusCode, await body.json()]).toEqual([200, { id: '7' }]);

    const spans = await recorded.take(2);
    const server = named(spans, 'GET /v1/items/{id}');
    expect(server).toMatchObject({ kind: SpanKind.SERVER, status: { code: SpanStatusCode.UNSET }, events: [] });
    expect(server.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: PARENT, isRemote: true });
    expect(server.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/v1/items/{id}',
      'url.path': '/v1/items/7',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'server.address': '127.0.0.1',
      'server.port': app.port,
      'client.address': '127.0.0.1',
      'user_agent.original': 'test/1',
      'waymark.segment.spans': 2,
    });
    const { spanId } = server.spanContext();
    expect(headers).toMatchObject({ 'x-trace-id': TRACE, traceresponse: `00-${TRACE}-${spanId}-03` });
    expect(named(spans, 'work').parentSpanContext?.spanId).toBe(spanId);
  },

  async 'request body'(serve) {
    await using app = await serve(handlers());
    // The body arrives after the handler has started, so Node delivers it in the socket's async context.
    const arrived = once(app.server, 'request');
    async function* later(): AsyncGenerator<string> {
      yield '{"sku":';
      await arrived;
      await new Promise(setImmediate);
      yield '"lamp"}';
    }
    const headers = { 'content-type': 'application/json' };
    const answer = await request(`${app.origin}/v1/items`, { method: 'POST', headers, body: Readable.from(later()) });
    expect(await answer.body.json()).toEqual({ stored: { sku: 'lamp' } });

    const spans = await recorded.take(2);
    const server = named(spans, 'POST /v1/items');
    expect(named(spans, 'work').parentSpanContext?.spanId).toBe(server.spanContext().spanId);
    expect(server.attributes).toMatchObject({ 'http.route': '/v1/items', 'waymark.segment.spans': 2 });
  },

  async error(serve) {
    await using app = await serve(handlers());
    const answer = await request(`${app.origin}/v1/broken/7`);
    await answer.body.dump();

    const [server] = await recorded.take(1);
    const { traceId, spanId } = server!.spanContext();
    expect(answer.statusCode).toBe(500);
    expect(answer.headers).toMatchObject({ 'x-trace-id': traceId, traceresponse: `00-${traceId}-${spanId}-03` });
    expect(server).toMatchObject({ name: 'GET /v1/broken/{id}', status: { code: SpanStatusCode.ERROR, message: 'beyond the stock' } });
    expect(exceptions(server!)).toEqual(['beyond the stock']);
    expect(server?.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': 'RangeError' });
  },

  async 'no route (404)'(serve) {
    await using app = await serve(handlers());
    const answer = await request(`${app.origin}/wp-admin/7`);
    await answer.body.dump();

    const [server] = await recorded.take(1);
    expect([answer.statusCode, answer.headers['x-trace-id']]).toEqual([404, server?.spanContext().traceId]);
    expect(server).toMatchObject({ name: 'GET', status: { code: SpanStatusCode.UNSET }, events: [] });
    expect(server?.attributes).toMatchObject({ 'http.response.status_code': 404, 'url.path': '/wp-admin/7' });
    expect(server?.attributes).not.toHaveProperty(['http.route']);
  },

  async streaming(serve) {
    const rest = Promise.withResolvers<void>();
    async function* feed(): AsyncGenerator<string> {
      yield 'one ';
      await rest.promise;
      yield 'two';
    }
    await using app = await serve(handlers({ feed }));
    const answer = await request(`${app.origin}/v1/feed/7`);
    const parts: string[] = [];
    for await (const part of answer.body) {
      parts.push(String(part));
      if (parts.length === 1) expect(recorded.ended).toBe(0);
      rest.resolve();
    }
    expect(parts.join('')).toBe('one two');

    const [server] = await recorded.take(1);
    expect(answer.headers['x-trace-id']).toBe(server?.spanContext().traceId);
    expect(server).toMatchObject({ name: 'GET /v1/feed/{id}', status: { code: SpanStatusCode.UNSET } });
    expect(server?.attributes).toMatchObject({ 'http.response.status_code': 200 });
  },

  async 'aborted before the answer'(serve) {
    const begun = Promise.withResolvers<void>();
    const slow = async (res: ServerResponse): Promise<object> => {
      const gone = once(res, 'close');
      begun.resolve();
      await gone;
      return span('COMMIT', async () => ({}));
    };
    await using app = await serve(handlers({ slow }));
    const socket = connect(app.port, '127.0.0.1');
    socket.write('GET /v1/slow/7 HTTP/1.1\r\nHost: here\r\n\r\n');
    await begun.promise;
    socket.destroy();

    const spans = await recorded.take(2);
    const server = named(spans, 'GET /v1/slow/{id}');
    expect(named(spans, 'COMMIT').parentSpanContext?.spanId).toBe(server.spanContext().spanId);
    expect(server.status.code).toBe(SpanStatusCode.ERROR);
    expect(server.attributes).toMatchObject({ 'error.type': 'client_gone', 'waymark.segment.spans': 2 });
    expect(server.attributes).not.toHaveProperty(['http.response.status_code']);
  },

  async 'aborted while streaming'(serve) {
    await using app = await serve(handlers({ feed: endless }));
    const socket = connect(app.port, '127.0.0.1');
    socket.write('GET /v1/feed/7 HTTP/1.1\r\nHost: here\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();

    const [server] = await recorded.take(1);
    expect(server).toMatchObject({ name: 'GET /v1/feed/{id}', status: { code: SpanStatusCode.ERROR } });
    expect(server?.attributes).toMatchObject({ 'http.response.status_code': 200, 'error.type': 'client_gone' });
  },

  async 'keep-alive'(serve) {
    await using app = await serve(handlers());
    let connections = 0;
    app.server.on('connection', () => (connections += 1));
    const client = new Client(app.origin);
    const traces = [];
    for (const path of ['/v1/items/1', '/nowhere', '/v1/broken/1', '/v1/items/2']) {
      const answer = await client.request({ path, method: 'GET' });
      await answer.body.dump();
      traces.push(answer.headers['x-trace-id']);
    }
    await client.close();

    const spans = await recorded.take(6);
    const servers = spans.filter(({ kind }) => kind === SpanKind.SERVER);
    expect(connections).toBe(1);
    expect(servers.map((server) => [server.spanContext().traceId, server.parentSpanContext])).toEqual(traces.map((id) => [id, undefined]));
    expect(new Set(traces).size).toBe(4);
    expect(spans.filter(({ name }) => name === 'work').map((work) => work.spanContext().traceId)).toEqual([traces[0], traces[3]]);
  },

  async entry(serve) {
    await using app = await serve(handlers(), { entry: true });
    const answer = await request(`${app.origin}/v1/items/7`, { headers: { traceparent } });
    await answer.body.dump();

    const server = named(await recorded.take(2), 'GET /v1/items/{id}');
    expect(server.spanContext().traceId).not.toBe(TRACE);
    expect(server.links).toEqual([{ context: { traceId: TRACE, spanId: PARENT, traceFlags: 3, isRemote: true } }]);
    expect(server.attributes).toMatchObject({ 'waymark.entry': true });
  },
};

const matrix = Object.keys(frameworks).flatMap((framework) => Object.keys(cases).map((what) => [framework, what] as const));

test.each(matrix)('%s: %s', async (framework, what) => {
  await cases[what]!(frameworks[framework]!);
  expect(recorded.ended).toBe(0);
});

test('the table in the docs matches these tests', async () => {
  const docs = await readFile(new URL('../../../../docs/trace-your-own-service.md', import.meta.url), 'utf8');
  const rows = docs.split('\n').flatMap((line) =>
    line.startsWith('|')
      ? [
          line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ]
      : [],
  );
  const columns = Object.keys(cases);
  expect(rows).toContainEqual(['', ...columns]);
  for (const framework of Object.keys(frameworks)) expect(rows).toContainEqual([framework, ...columns.map(() => '✓')]);
});
