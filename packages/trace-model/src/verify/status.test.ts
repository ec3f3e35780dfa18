import { expect, test } from '@jest/globals';
import { codes } from '../testing/codes.ts';
import { http, messaging } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const server: Parts = { n: 1, kind: 'SERVER' };
const failed = { 'error.type': '500' };

test('5xx is an error for both sides, 4xx only for the client', () => {
  expect(codes({ ...server, attributes: http.server(500) })).toEqual(['status-contradicted 1']);
  expect(codes({ ...server, error: true, attributes: { ...http.server(500), ...failed } })).toEqual([]);
  expect(codes({ ...server, attributes: http.server(404) })).toEqual([]);
  expect(codes({ n: 1, kind: 'CLIENT', attributes: http.client(404) })).toEqual(['status-contradicted 1']);
});

test('an error that no span above shows is one note, at the topmost failed span', () => {
  expect(codes({ n: 1 }, { n: 2, parent: 1, error: true }, { n: 3, parent: 2, error: true })).toEqual(['[error-hidden 2]']);
});

test.each<[string, Partial<Parts>]>([
  ['a failed status', { error: true }],
  ['an HTTP status', { kind: 'SERVER', attributes: http.server(400) }],
  ['an error type', { attributes: { 'error.type': 'x' } }],
  ['an exception', { events: [{ time: 0n, name: 'exception', attributes: {}, droppedAttributes: 0 }] }],
])('%s above is a sign', (_name, above) => {
  expect(codes({ n: 1, ...above }, { n: 2, parent: 1 }, { n: 3, parent: 2, error: true })).toEqual([]);
});

test('the request that sent a message need not show that its processing failed', () => {
  const message = { attributes: { ...messaging('1'), ...failed } };
  expect(codes({ n: 1, kind: 'PRODUCER', ...message }, { n: 2, parent: 1, kind: 'CONSUMER', error: true, ...message })).toEqual([]);
});
