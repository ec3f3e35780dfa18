import { expect, test } from '@jest/globals';
import { deflateSync, gzipSync } from 'node:zlib';
import { attribute, request, span } from '../testing/otlp.ts';
import { decode } from '../otlp/decode.ts';
import { encode } from '../otlp/encode.ts';
import { ExportRequest, ExportResponse, RpcStatus } from '../otlp/schema.ts';
import { readTrace } from '../store/read-trace.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { spanStoreForTest } from '../testing/span-store-for-test.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const TRACE = 'a'.repeat(32);
const json = request([attribute('service.name', { stringValue: 's' })], [span(TRACE, 1, { name: 'a' })]);
const protobuf = encode(ExportRequest, json);

interface Sent {
  readonly status: number;
  readonly type: string | null;
  readonly body: Buffer;
  readonly headers: Headers;
}

async function post(url: string, body: string | Uint8Array, headers: Record<string, string>): Promise<Sent> {
  const answer = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    body: Buffer.from(await answer.arrayBuffer()),
    headers: answer.headers,
  };
}

test.each([
  ['protobuf', protobuf, { 'content-type': PROTOBUF }],
  ['protobuf with gzip', gzipSync(protobuf), { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }],
  ['protobuf with deflate', deflateSync(protobuf), { 'content-type': PROTOBUF, 'content-encoding': 'deflate' }],
  ['JSON', JSON.stringify(json), { 'content-type': 'application/json; charset=utf-8' }],
  ['JSON with gzip', gzipSync(JSON.stringify(json)), { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }],
])('takes %s and answers in the same format', async (_, body, headers) => {
  const store = await spanStoreForTest();
  const { status, type, body: answer } = await post(`${store.otlpUrl}/v1/traces`, body, headers);
  expect([status, type, answer.toString()]).toEqual(headers['content-type'] === PROTOBUF ? [200, PROTOBUF, ''] : [200, JSON_TYPE, '{}']);
  expect(store.stats()).toMatchObject({ traces: 1, spans: 1, receivedSpans: 1, rejectedSpans: 0 });
});

test('says which spans it left out', async () => {
  const { otlpUrl } = await spanStoreForTest();
  const body = request([], [span(TRACE, 1, { name: 'a' }), span('', 2, { name: 'b' })]);
  const partialSuccess = { rejectedSpans: '1', errorMessage: 'rejected: 1 without trace id or span id' };
  const asProtobuf = await post(`${otlpUrl}/v1/traces`, encode(ExportRequest, body), { 'content-type': PROTOBUF });
  expect(decode(ExportResponse, asProtobuf.body)).toEqual({ partialSuccess });
  const asJson = await post(`${otlpUrl}/v1/traces`, JSON.stringify(body), { 'content-type': JSON_TYPE });
  expect(JSON.parse(asJson.body.toString())).toEqual({ partialSuccess });
});

function spanIn(store: TraceStore): unknown {
  const trace = store.get(TRACE);
  return trace && readTrace(trace, true)[0]?.scopeSpans[0]?.spans[0];
}

test('a number that no field can hold costs its attribute, not the batch, and the sender is told', async () => {
  const { otlpUrl, store } = await spanStoreForTest();
  const large = attribute('large', { intValue: 1e20 });
  const body = JSON.stringify(request([], [span(TRACE, 1, { name: 'a', attributes: [large, attribute('fine', { intValue: 1 })] })]));
  const answer = await post(`${otlpUrl}/v1/traces`, body, { 'content-type': JSON_TYPE });
  expect(JSON.parse(answer.body.toString())).toEqual({
    partialSuccess: {
      errorMessage: expect.stringMatching(/^attributes left out: 1, because intValue should be between -9223372036854775808/),
    },
  });
  expect(spanIn(store)).toMatchObject({ attributes: [attribute('fine', { intValue: '1' })], droppedAttributesCount: 1 });
});

test('an attribute that is too large is cut and marked, its span is kept, and the sender is told', async () => {
  const { otlpUrl, store } = await spanStoreForTest();
  const body = encode(
    ExportRequest,
    request([], [span(TRACE, 1, { name: 'a', attributes: [attribute('page', { stringValue: '注'.repeat(30_000) })] })]),
  );
  const answer = await post(`${otlpUrl}/v1/traces`, body, { 'content-type': PROTOBUF });
  expect(decode(ExportResponse, answer.body)).toEqual({ partialSuccess: { errorMessage: 'attributes cut: 1' } });
  expect(spanIn(store)).toMatchObject({
    attributes: [
      attribute('page', { stringValue: expect.stringMatching(/^注{21800,21845}$/) }),
      attribute('waymark.truncated', { arrayValue: { values: [{ stringValue: 'page' }] } }),
    ],
  });
});

const bomb = gzipSync(Buffer.alloc(50_000_000));

test.each([
  [400, 'malformed protobuf', Buffer.from('0a05', 'hex'), { 'content-type': PROTOBUF }],
  [400, 'malformed JSON', '{', { 'content-type': JSON_TYPE }],
  [400, 'JSON that is no request', '[]', { 'content-type': JSON_TYPE }],
  [400, 'what is not gzip', '{}', { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }],
  [413, 'a large body', Buffer.alloc(100_001), { 'content-type': PROTOBUF }],
  [413, 'a zip bomb', bomb, { 'content-type': PROTOBUF, 'content-encoding': 'gzip' }],
  [
    413,
    'many spans',
    JSON.stringify(
      request(
        [],
        Array.from({ length: 101 }, (_, id) => span(TRACE, id + 1, { name: '' })),
      ),
    ),
    { 'content-type': JSON_TYPE },
  ],
  [415, 'another type', 'x', { 'content-type': 'text/plain' }],
  [415, 'no type', Buffer.from('x'), {}],
  [415, 'another encoding', 'x', { 'content-type': JSON_TYPE, 'content-encoding': 'br' }],
] as const)('answers %i to %s, with a message', async (status, _, body, headers) => {
  const store = await spanStoreForTest({ maxBodyBytes: 100_000, maxSpansPerRequest: 100 });
  const answer = await post(`${store.otlpUrl}/v1/traces`, body, headers);
  expect(answer.status).toBe(status);
  const error = answer.type === PROTOBUF ? decode(RpcStatus, answer.body) : (JSON.parse(answer.body.toString()) as object);
  expect(error).toEqual({ code: status === 413 ? 8 : 3, message: expect.stringMatching(/.../) });
  expect(store.stats()).toMatchObject({ traces: 0, refusedRequests: 1, failedRequests: 0 });
});

test('a large body without a length is answered, not cut off', async () => {
  const { otlpUrl } = await spanStoreForTest({ maxBodyBytes: 100_000 });
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(50_000)) });
  const answer = await fetch(`${otlpUrl}/v1/traces`, { method: 'POST', body, duplex: 'half', headers: { 'content-type': PROTOBUF } });
  expect(answer.status).toBe(413);
});

test('other paths and methods', async () => {
  const { otlpUrl } = await spanStoreForTest();
  expect((await fetch(`${otlpUrl}/v1/traces`)).status).toBe(405);
  expect((await post(`${otlpUrl}/v1/spans`, '{}', { 'content-type': JSON_TYPE })).status).toBe(404);
});

test.each(['/v1/metrics', '/v1/logs'])('%s is accepted and dropped, so that an SDK with its defaults does not complain', async (path) => {
  const store = await spanStoreForTest();
  expect(await post(store.otlpUrl + path, protobuf, { 'content-type': PROTOBUF })).toMatchObject({ status: 200, type: PROTOBUF });
  expect(store.stats().traces).toBe(0);
});

test('when too much is under way, an exporter is told to try again', async () => {
  const { otlpUrl } = await spanStoreForTest({ maxBodyBytes: 1_000 });
  // Five bodies that begin and do not end hold all that may be held.
  const slow = Array.from({ length: 5 }, () => slowPost(`${otlpUrl}/v1/traces`));
  const statuses = await Promise.race(slow.map(async ({ answer }) => (await answer).status));
  expect(statuses).toBe(429);
  for (const { end } of slow) end();
  await Promise.allSettled(slow.map(({ answer }) => answer));
});

/** A body that is refused is cancelled; that is no failure here. */
const ignore = (): undefined => undefined;

function slowPost(url: string): { answer: Promise<Response>; end: () => void } {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  writer.write(new Uint8Array(900)).catch(ignore);
  const answer = fetch(url, { method: 'POST', body: readable, duplex: 'half', headers: { 'content-type': PROTOBUF } });
  return { answer, end: () => void writer.close().catch(ignore) };
}
