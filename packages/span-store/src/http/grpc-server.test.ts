import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { deflateSync, gzipSync } from 'node:zlib';
import { attribute, request, span } from '../testing/otlp.ts';
import { decode } from '../otlp/decode.ts';
import { encode } from '../otlp/encode.ts';
import { ExportRequest, ExportResponse } from '../otlp/schema.ts';
import { spanStoreForTest } from '../testing/span-store-for-test.ts';

const TRACE = 'a'.repeat(32);
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const body = encode(ExportRequest, request([attribute('service.name', { stringValue: 's' })], [span(TRACE, 1, { name: 'a' })]));

/** The same, with a field that nobody knows of 49,151 bytes. */
const large = Buffer.concat([body, Buffer.from([0x12, 0xff, 0xff, 0x02]), Buffer.alloc(49_151)]);

/** A message as gRPC frames it. */
function framed(message: Buffer, { compressed = false, claimed = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(claimed, 1);
  return Buffer.concat([prefix, message]);
}

interface Answered {
  readonly status: number | undefined;
  readonly grpcStatus: string | undefined;
  readonly words: string;
  readonly message: Buffer;
}

const open = (session: ClientHttp2Session, headers: Record<string, string> = {}): ClientHttp2Stream =>
  session.request({ ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', te: 'trailers', ...headers });

async function answered(stream: ClientHttp2Stream): Promise<Answered> {
  let trailers: IncomingHttpHeaders = {};
  stream.once('trailers', (given) => (trailers = given));
  const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status'?: number }];
  const message = await buffer(stream);
  const ending = { ...headers, ...trailers };
  const words = decodeURIComponent(String(ending['grpc-message'] ?? ''));
  return { status: headers[':status'], grpcStatus: ending['grpc-status'] as string | undefined, words, message: message.subarray(5) };
}

async function call(url: string, sent: Buffer, headers?: Record<string, string>): Promise<Answered> {
  const session = connect(url);
  try {
    const stream = open(session, headers);
    // The store may answer before it has read everything.
    stream.on('error', () => {});
    stream.end(sent);
    return await answered(stream);
  } finally {
    session.destroy();
  }
}

test.each([
  ['plain', framed(body), {}],
  ['with gzip', framed(gzipSync(body), { compressed: true }), { 'grpc-encoding': 'gzip' }],
  ['with deflate', framed(deflateSync(body), { compressed: true }), { 'grpc-encoding': 'deflate' }],
  ['plain, where others would be compressed', framed(body), { 'grpc-encoding': 'gzip', 'content-type': 'application/grpc+proto' }],
])('takes spans %s', async (_, sent, headers) => {
  const store = await spanStoreForTest();
  expect(await call(store.grpcUrl, sent, headers)).toEqual({ status: 200, grpcStatus: '0', words: '', message: Buffer.alloc(0) });
  expect(store.stats()).toMatchObject({ traces: 1, spans: 1, receivedSpans: 1, rejectedSpans: 0 });
});

test('says which spans it left out', async () => {
  const { grpcUrl } = await spanStoreForTest();
  const some = encode(ExportRequest, request([], [span(TRACE, 1, { name: 'a' }), span('', 2, { name: 'b' })]));
  const { grpcStatus, message } = await call(grpcUrl, framed(some));
  expect([grpcStatus, decode(ExportResponse, message)]).toEqual([
    '0',
    { partialSuccess: { rejectedSpans: '1', errorMessage: 'rejected: 1 without trace id or span id' } },
  ]);
});

const bomb = gzipSync(Buffer.alloc(50_000_000));

test.each([
  [3, 'malformed protobuf', framed(Buffer.from('0a05', 'hex')), {}, /a field has a length of 5 bytes/],
  [3, 'a wrong length', framed(body, { claimed: 3 }), {}, /the length in its prefix/],
  [3, 'no message', Buffer.alloc(0), {}, /no message/],
  [3, 'what is not gzip', framed(body, { compressed: true }), { 'grpc-encoding': 'gzip' }, /is not gzip/],
  [8, 'a large message', framed(Buffer.alloc(200_000)), {}, /larger than 100000 bytes; send smaller batches/],
  [8, 'a message that claims to be large', framed(Buffer.alloc(10), { claimed: 4_000_000_000 }), {}, /larger than 100000/],
  [8, 'a zip bomb', framed(bomb, { compressed: true }), { 'grpc-encoding': 'gzip' }, /larger than 100000/],
  [12, 'another encoding', framed(body, { compressed: true }), { 'grpc-encoding': 'zstd' }, /zstd is not supported/],
  [12, 'another method', framed(body), { ':path': '/grpc.health.v1.Health/Check' }, /there is no \/grpc\.health/],
])('answers status %i to %s, with a message', async (code, _, sent, headers, words) => {
  const store = await spanStoreForTest({ maxBodyBytes: 100_000 });
  const answer = await call(store.grpcUrl, sent, headers);
  expect([answer.status, answer.grpcStatus]).toEqual([200, String(code)]);
  expect(answer.words).toMatch(words);
  expect(store.stats()).toMatchObject({ traces: 0, refusedRequests: 1, failedRequests: 0 });
});

test('what is not gRPC is a 415', async () => {
  const { grpcUrl } = await spanStoreForTest();
  expect((await call(grpcUrl, body, { 'content-type': 'application/x-protobuf' })).status).toBe(415);
});

test.each(['metrics.v1.MetricsService', 'logs.v1.LogsService'])('%s is accepted and dropped', async (service) => {
  const store = await spanStoreForTest();
  const path = { ':path': `/opentelemetry.proto.collector.${service}/Export` };
  expect(await call(store.grpcUrl, framed(Buffer.from('0a00', 'hex')), path)).toMatchObject({ grpcStatus: '0' });
  expect(store.stats().traces).toBe(0);
});

test('when too much is under way an exporter is told to try again, and can, once others have gone away', async () => {
  const { grpcUrl } = await spanStoreForTest({ maxBodyBytes: 100_000 });
  const session = connect(grpcUrl);
  // Bodies that begin and do not end hold all that may be held.
  const slow = Array.from({ length: 5 }, () => {
    const stream = open(session);
    stream.on('error', () => {});
    stream.write(framed(Buffer.alloc(90_000), { claimed: 99_000 }));
    return stream;
  });
  const first = await Promise.race(slow.map(answered));
  expect(first).toMatchObject({ grpcStatus: '14', words: expect.stringContaining('try again') });
  session.destroy();
  let again = await call(grpcUrl, framed(large));
  while (again.grpcStatus === '14') again = await call(grpcUrl, framed(large));
  expect(again.grpcStatus).toBe('0');
});

test('whatever comes in a message, it is taken or refused with a reason', async () => {
  const store = await spanStoreForTest();
  const damaged = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 10 }).map((changes) => {
    const sent = framed(body);
    for (const [at, byte] of changes) sent[at % sent.length] = byte;
    return sent;
  });
  await fc.assert(
    fc.asyncProperty(damaged, fc.constantFrom('identity', 'gzip', 'br'), async (sent, encoding) => {
      const { status, grpcStatus, words } = await call(store.grpcUrl, sent, { 'grpc-encoding': encoding });
      expect([status, ['0', '3', '8', '12'].includes(grpcStatus ?? '')]).toEqual([200, true]);
      expect(words === '').toBe(grpcStatus === '0');
    }),
    { numRuns: 300 },
  );
  expect(store.stats().failedRequests).toBe(0);
});

test('who speaks HTTP/1.1 here is told where OTLP/HTTP is', async () => {
  const { grpcUrl, otlpUrl } = await spanStoreForTest();
  const answer = await fetch(`${grpcUrl}/v1/traces`, { method: 'POST', body: '{}' });
  expect([answer.status, await answer.text()]).toEqual([400, `This port takes OTLP/gRPC. Send OTLP/HTTP to ${otlpUrl}.\n`]);
});

test('a connection that begins in pieces is understood', async () => {
  const { grpcUrl } = await spanStoreForTest();
  const socket = connectTcp(Number(new URL(grpcUrl).port), '127.0.0.1');
  for (const piece of ['P', 'R', 'I * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'])
    await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
  const [first] = (await once(socket, 'data')) as [Buffer];
  // The type of the frame: SETTINGS.
  expect(first[3]).toBe(4);
  socket.destroy();
});

test('the store stops while connections are open, with nothing said on one of them', async () => {
  const store = await spanStoreForTest();
  const session = connect(store.grpcUrl);
  const silent = connectTcp(Number(new URL(store.grpcUrl).port), '127.0.0.1');
  silent.on('error', () => {});
  await Promise.all([once(session, 'remoteSettings'), once(silent, 'connect')]);
  const gone = Promise.all([once(session, 'close'), once(silent, 'close')]);
  await store.close();
  await gone;
  expect([session.destroyed, silent.destroyed]).toEqual([true, true]);
});
