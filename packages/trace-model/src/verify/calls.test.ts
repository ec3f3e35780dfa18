import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { http } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const client: Parts = { n: 1, kind: 'CLIENT', ms: [10, 20], attributes: http.client(200) };
const server: Parts = { n: 2, parent: 1, kind: 'SERVER', service: 'order', ms: [12, 18], attributes: http.server(200) };
/** A SERVER span that ends before its response is sent. */
const declaring: Parts = { ...server, attributes: { ...http.server(200), 'waymark.segment.spans': 1n } };

test.each<[string, readonly Parts[], readonly string[]]>([
  ['inside', [client, declaring], []],
  ['outside within the tolerance', [client, { ...declaring, ms: [1, 30] }], []],
  ['longer', [client, { ...declaring, ms: [11, 40] }], ['server-outside-client 2 1']],
  ['longer, with a tracer that ends the span when the connection closes,', [client, { ...server, ms: [11, 90] }], []],
])('a server %s its client', (_name, spans, expected) => {
  expect(codes(...spans)).toEqual(expected);
});

test('the finding says how long a server worked after its response', () => {
  expect(found(client, { ...declaring, ms: [11, 40] })[0]).toMatchObject({
    message: expect.stringMatching(/ends 20\.0 ms after .* takes 19\.0 ms longer\.$/),
    cause: expect.stringMatching(/continues to work after its response/),
  });
});

test('a server can end later than a client that gave up', () => {
  const gaveUp = { ...client, error: true, attributes: { ...http.client(200), 'error.type': 'timeout' } };
  expect(codes(gaveUp, { ...declaring, ms: [12, 90] })).toEqual([]);
});

test('a server outside its client is one finding, not also a child outside its parent', () => {
  expect(codes(client, { ...declaring, ms: [5, 90] })).toEqual(['server-outside-client 2 1']);
});

test('a call that a service of this trace answered needs a server span', () => {
  const lost: Parts = { ...client, n: 3, parent: 1, ms: [13, 14] };
  expect(codes(client, server, lost)).toEqual(['client-unanswered 3']);
  expect(codes(client, server, { ...lost, attributes: http.client(200, 'api.example') })).toEqual([]);
});

test('a service is known by the address at which another call reached it', () => {
  const attributes = http.client(200, '127.0.0.1');
  const lost: Parts = { ...client, n: 3, parent: 1, ms: [13, 14], attributes };
  expect(codes({ ...client, attributes }, server, lost)).toEqual(['client-unanswered 3']);
  expect(codes({ ...client, attributes }, server, { ...lost, attributes: { ...attributes, 'server.port': 9000n } })).toEqual([]);
});

test('a service is known by its name at any address', () => {
  const call: Parts = { ...client, parent: 2, n: 3, ms: [13, 14] };
  expect(codes({ ...server, n: 2, parent: 9, ms: [10, 20] }, call)).toEqual(['client-unanswered 3', '[parent-outside 2]']);
  expect(codes({ ...client, kind: 'INTERNAL', service: 'order' }, { ...call, parent: 1 })).toEqual([]);
});

test('a call that got no answer proves nothing', () => {
  const { 'http.response.status_code': _, ...refused } = http.client(0);
  const lost: Parts = { ...client, n: 3, parent: 1, ms: [13, 14], error: true, attributes: { ...refused, 'error.type': 'ECONNREFUSED' } };
  expect(codes({ ...client, error: true, attributes: { ...http.client(200), 'error.type': 'x' } }, server, lost)).toEqual([]);
});

test('a client span with two servers, and a server without a client above it, are notes', () => {
  expect(codes(client, server, { ...server, n: 3 })).toEqual(['[client-answered-twice 1 2 3]']);
  expect(codes({ n: 1, ms: [10, 20] }, server)).toEqual(['[server-parent-kind 2 1]']);
  expect(codes({ n: 1, ms: [10, 20] }, server, { ...server, n: 3 })).toEqual(['[server-parent-kind 2 1]', '[server-parent-kind 3 1]']);
});

const peer = (status: number, more: Record<string, string | boolean> = {}): Parts => ({
  ...client,
  error: status >= 400,
  attributes: { ...http.client(status), 'waymark.peer.service': 'order', 'error.type': String(status), ...more },
});

test('if a traced peer answers without a span, its middleware is missing, unless a proxy may have answered', () => {
  expect(found(peer(201))).toMatchObject([
    {
      code: 'server-untraced',
      severity: 'error',
      message: 'order answered shop "span 1" (0000000000000001) with 201 and left no span: is its tracing middleware missing?',
    },
  ]);
  expect(codes(peer(503))).toEqual(['[server-untraced 1]']);
  expect(codes(peer(201), server)).toEqual([]);
  expect(codes(peer(201, { 'waymark.peer.span': '00000000000000ff' }))).toEqual([]);
});

test('a response in another trace shows that the context was lost; it is a note if the peer may be an entry', () => {
  const elsewhere = { 'waymark.peer.trace': 'f'.repeat(32) };
  expect(found(peer(201, elsewhere))).toMatchObject([
    {
      code: 'context-lost',
      severity: 'error',
      message: expect.stringContaining(`called order, which answered in another trace (${'f'.repeat(32)})`),
    },
  ]);
  expect(codes({ ...client, attributes: { ...http.client(200), ...elsewhere } })).toEqual(['[context-lost 1]']);
});

test('a trace that begins in a service that is not an entry has lost its caller', () => {
  const begun: Parts = { ...server, n: 1, attributes: { ...http.server(200), 'waymark.entry': false } };
  const { parent: _, ...root } = begun;
  expect(codes(root)).toEqual(['caller-missing 1']);
  expect(codes({ ...root, attributes: http.server(200) })).toEqual([]);
  expect(codes(client, { ...begun, n: 2, parent: 1 })).toEqual([]);
});

test('an unsampled response shows a sampler that ignores its parent', () => {
  expect(found(peer(201, { 'waymark.peer.unsampled': true }))).toMatchObject([
    {
      code: 'server-untraced',
      severity: 'error',
      message: expect.stringMatching(/with 201 and did not record it: its sampler dropped this trace\.$/),
    },
  ]);
});

test('a server that got the context of an earlier call did not answer that call, and is ignored for clocks', () => {
  const stale = { ...declaring, n: 9, ms: [900, 950] } as const;
  expect(codes(peer(201, { 'waymark.peer.trace': 'f'.repeat(32) }), stale)).toEqual(['context-lost 1']);
  expect(codes(peer(201, { 'waymark.peer.span': '0000000000000002' }), declaring, stale)).toEqual(['[client-answered-twice 1 2 9]']);
});
