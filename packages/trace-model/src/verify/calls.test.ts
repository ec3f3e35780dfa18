import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { http } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const client: Parts = { n: 1, kind: 'CLIENT', ms: [10, 20], attributes: http.client(200) };
const server: Parts = { n: 2, parent: 1, kind: 'SERVER', service: 'order', ms: [12, 18], attributes: http.server(200) };

test.each<[string, readonly Parts[], readonly string[]]>([
  ['inside', [client, server], []],
  ['outside within the tolerance', [client, { ...server, ms: [9, 22] }], []],
  ['before', [client, { ...server, ms: [5, 12] }], ['server-outside-client 2 1']],
  ['after', [client, { ...server, ms: [15, 25] }], ['server-outside-client 2 1']],
  ['longer', [client, { ...server, ms: [9, 25] }], ['server-outside-client 2 1']],
])('a server %s its client', (_name, spans, expected) => {
  expect(codes(...spans)).toEqual(expected);
});

test('clocks that differ are told from network time below zero', () => {
  expect(found(client, { ...server, ms: [5, 12] })[0]).toMatchObject({
    message: 'order "span 2" (0000000000000002) starts 5.00 ms before its CLIENT shop "span 1" (0000000000000001).',
    cause: expect.stringMatching(/clocks/),
  });
  expect(found(client, { ...server, ms: [11, 40] })[0]).toMatchObject({
    message: expect.stringMatching(/ends 20\.0 ms after .* takes 19\.0 ms longer: negative network time\.$/),
    cause: expect.stringMatching(/works on after it has answered/),
  });
});

test('a client that gave up does not see the end of its server', () => {
  const gaveUp = { ...client, error: true, attributes: { ...http.client(200), 'error.type': 'timeout' } };
  expect(codes(gaveUp, { ...server, ms: [12, 90] })).toEqual([]);
});

test('a server outside its client is said once, not again as a child outside its parent', () => {
  expect(codes(client, { ...server, ms: [5, 90] })).toEqual(['server-outside-client 2 1']);
});

test('a call answered by a service of this trace must show its server span', () => {
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

test('a service is known by its name, however it was reached', () => {
  const call: Parts = { ...client, parent: 2, n: 3, ms: [13, 14] };
  expect(codes({ ...server, n: 2, parent: 9, ms: [10, 20] }, call)).toEqual(['client-unanswered 3', '[parent-outside 2]']);
  expect(codes({ ...client, kind: 'INTERNAL', service: 'order' }, { ...call, parent: 1 })).toEqual([]);
});

test('a call that got no answer proves nothing', () => {
  const { 'http.response.status_code': _, ...refused } = http.client(0);
  const lost: Parts = { ...client, n: 3, parent: 1, ms: [13, 14], error: true, attributes: { ...refused, 'error.type': 'ECONNREFUSED' } };
  expect(codes({ ...client, error: true, attributes: { ...http.client(200), 'error.type': 'x' } }, server, lost)).toEqual([]);
});

test('one client span with two servers, and a server below no client, are noted', () => {
  expect(codes(client, server, { ...server, n: 3 })).toEqual(['[client-answered-twice 1 2 3]']);
  expect(codes({ n: 1, ms: [10, 20] }, server)).toEqual(['[server-parent-kind 2 1]']);
  expect(codes({ n: 1, ms: [10, 20] }, server, { ...server, n: 3 })).toEqual(['[server-parent-kind 2 1]', '[server-parent-kind 3 1]']);
});
