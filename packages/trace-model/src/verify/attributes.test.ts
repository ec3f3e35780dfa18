import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { http, messaging } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const lacks = (parts: Partial<Parts>): readonly string[] => found({ n: 1, ...parts }).map(({ message }) => message.replace(/^.*\) /, ''));

const without = (attributes: object, name: string): NonNullable<Parts['attributes']> =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== name));

test.each(['http.request.method', 'url.path', 'url.scheme', 'http.response.status_code'])('an HTTP server needs %s', (name) => {
  expect(lacks({ kind: 'SERVER', attributes: without(http.server(200), name) })).toEqual([`lacks ${name}.`]);
});

test.each(['http.request.method', 'url.full', 'server.address', 'server.port', 'http.response.status_code'])(
  'an HTTP client needs %s',
  (name) => {
    expect(lacks({ kind: 'CLIENT', attributes: without(http.client(200), name) })).toEqual([`lacks ${name}.`]);
  },
);

test.each(['messaging.system', 'messaging.operation.name'])('a consumer needs %s', (name) => {
  expect(lacks({ kind: 'CONSUMER', links: [7], attributes: without(messaging('1'), name) })).toEqual([`lacks ${name}.`]);
});

test('a database client needs db.system.name', () => {
  expect(lacks({ kind: 'CLIENT', attributes: { 'db.query.text': 'SELECT 1' } })).toEqual(['lacks db.system.name.']);
  expect(lacks({ kind: 'CLIENT', attributes: { 'db.system.name': 'postgresql' } })).toEqual([]);
});

test('a missing attribute is an error if the service has a manifest, otherwise a note', () => {
  const foreign: Parts = { n: 1, kind: 'SERVER', attributes: without(http.server(200), 'url.path') };
  expect(codes(foreign)).toEqual(['[attribute-missing 1]']);
  expect(codes({ ...foreign, attributes: { ...foreign.attributes, 'waymark.segment.spans': 1n } })).toEqual(['attribute-missing 1']);
});

test('a failed call needs error.type, and then no status code', () => {
  const call = { kind: 'CLIENT', error: true, attributes: without(http.client(0), 'http.response.status_code') } as const;
  expect(codes({ n: 1, ...call })).toEqual(['[attribute-missing 1]']);
  expect(codes({ n: 1, ...call, attributes: { ...call.attributes, 'error.type': 'ECONNREFUSED' } })).toEqual([]);
});

test('names from before the stable conventions are a note, not missing', () => {
  const old = { 'http.method': 'GET', 'http.target': '/', 'http.scheme': 'http', 'http.status_code': 200n };
  expect(found({ n: 1, kind: 'SERVER', attributes: old })).toMatchObject([
    { code: 'attribute-retired', severity: 'note', message: expect.stringContaining('http.method (now http.request.method)') },
  ]);
});

test('a span of an unknown protocol needs no attributes', () => {
  expect(codes({ n: 1, kind: 'SERVER', attributes: { 'rpc.system': 'grpc' } })).toEqual([]);
});

test('a missing service name is one finding per process', () => {
  const resource = { attributes: {}, droppedAttributes: 0, schemaUrl: '' };
  expect(codes({ n: 1, service: 'unknown_service', resource }, { n: 2, parent: 1, service: 'unknown_service:node', resource })).toEqual([
    'service-unnamed 1 2',
  ]);
});

test('values that a trace store truncated are one note per span and per process', () => {
  const cut = { 'waymark.truncated': ['page', 'exception.stacktrace'] };
  expect(found({ n: 1, attributes: cut })).toMatchObject([
    { code: 'data-dropped', severity: 'note', message: 'shop "span 1" (0000000000000001) lost the end of page, exception.stacktrace.' },
  ]);
  const resource = { attributes: { 'service.name': 'shop', 'waymark.truncated': '["env"]' }, droppedAttributes: 0, schemaUrl: '' };
  const event = { time: 0n, name: 'e', attributes: cut, droppedAttributes: 0 };
  expect(codes({ n: 1, resource }, { n: 2, parent: 1, resource, events: [event] })).toEqual(['[data-dropped 1]', '[data-dropped 2]']);
});

test('dropped data is a note', () => {
  expect(codes({ n: 1, dropped: { attributes: 0, events: 3, links: 0 } })).toEqual(['[data-dropped 1]']);
  expect(codes({ n: 1, dropped: { attributes: 2, events: 0, links: 2 } })).toEqual(['[data-dropped 1]']);
});
