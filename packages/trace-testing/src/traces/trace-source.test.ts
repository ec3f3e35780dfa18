import { expect, test } from '@jest/globals';
import { traceReference, type TraceSource } from './trace-source.ts';

const id = '5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25';
const response = (flags: string): string => `00-${id}-00f067aa0ba902b7-${flags}`;

test.each<[string, TraceSource, boolean | undefined]>([
  ['an id', id, undefined],
  ['an id in capitals', id.toUpperCase(), undefined],
  ['a traceparent', response('01'), true],
  ['an object with a traceId', { traceId: id }, undefined],
  ['a fetch response', new Response(null, { headers: { 'x-trace-id': id } }), undefined],
  [
    'a fetch response with both headers',
    new Response(null, { headers: { 'x-trace-id': 'f'.repeat(32), traceresponse: response('00') } }),
    false,
  ],
  // undici and node-fetch have a Headers class of their own.
  ['the headers of another fetch', { headers: new Map([['x-trace-id', id]]) as unknown as Headers }, undefined],
  ['headers from node:http', { headers: { 'X-Trace-Id': id } }, undefined],
  ['headers as lists', { headers: { traceresponse: [response('03')] } }, true],
])('reads the trace id of %s', (_, source, sampled) => {
  expect(traceReference(source)).toEqual({ traceId: id, sampled });
});

test('an error says what was found instead of a trace id', () => {
  expect(() => traceReference({ headers: { 'content-type': 'text/html' } })).toThrow(
    /neither traceresponse nor x-trace-id .*\(content-type\)/,
  );
  expect(() => traceReference('5f0c')).toThrow('the text should be 32 hex digits, but is "5f0c"');
  expect(() => traceReference('0'.repeat(32))).toThrow(/should be 32 hex digits/);
  expect(() => traceReference({} as TraceSource)).toThrow(/but got an object with no properties/);
  expect(() => traceReference(undefined as unknown as TraceSource)).toThrow(/but got undefined/);
});
