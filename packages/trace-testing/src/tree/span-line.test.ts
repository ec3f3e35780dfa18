import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differences, parseSpanLine, printLine, spanLine, type SpanLine } from './span-line.ts';
import { otlp, span, traceOf } from '../testing/spans.ts';

test('reads service, kind, name, HTTP status, status and attributes from one line', () => {
  expect(parseSpanLine('order SERVER  POST /orders   409 ERROR error.type=out_of_stock note="a b"')).toEqual({
    service: 'order',
    kind: 'SERVER',
    name: 'POST /orders',
    httpStatus: '409',
    status: 'ERROR',
    attributes: { 'error.type': 'out_of_stock', note: 'a b' },
  });
  expect(parseSpanLine('"my service" "GET 404"')).toMatchObject({
    service: 'my service',
    kind: undefined,
    name: 'GET 404',
    httpStatus: undefined,
  });
});

test('an attribute can be called __proto__', () => {
  const line = parseSpanLine('order POST /orders __proto__=1');
  expect(Object.entries(line.attributes)).toEqual([['__proto__', '1']]);
  expect(printLine(line)).toBe('order POST /orders __proto__=1');
});

test('rejects a line without a span name', () => {
  expect(() => parseSpanLine('order')).toThrow(/needs a service and a span name/);
  expect(() => parseSpanLine('order SERVER')).toThrow(/needs a service and a span name/);
});

test('every span line is read back unchanged', () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9"=.*\\ (/-]{0,12}$/).map((text) => text.trim().replace(/\s+/g, ' '));
  const line = fc.record<SpanLine>({
    service: word,
    kind: fc.constantFrom(undefined, 'SERVER', 'INTERNAL'),
    name: fc.oneof(word, fc.constantFrom('ERROR', 'GET 404', 'a=b', 'CLIENT of', 'send a=b', 'a\u001b[31m\u202eb', '#')),
    httpStatus: fc.constantFrom(undefined, '201'),
    status: fc.constantFrom(undefined, 'ERROR', 'OK'),
    attributes: fc.dictionary(fc.stringMatching(/^[a-z][a-z.]{0,5}$/), word, { noNullPrototype: true }),
  });
  fc.assert(fc.property(line, (line) => expect(parseSpanLine(printLine(line))).toEqual(line)));
});

test('lists how a span differs from a line', () => {
  const { spans } = traceOf(otlp(span('order', 'SERVER', 'POST /orders', { 'http.response.status_code': 201 })));
  const [one] = spans;
  if (!one) throw new Error('no span');
  expect(spanLine(one)).toBe('order SERVER POST /orders 201');
  expect(differences(parseSpanLine('order POST /orders'), one)).toEqual([]);
  expect(differences(parseSpanLine('auth CLIENT POST /x 409 ERROR error.type=out_of_stock'), one)).toEqual([
    'service is order, not auth',
    'kind is SERVER, not CLIENT',
    'name is POST /orders, not POST /x',
    'http.response.status_code is 201, not 409',
    'status is UNSET, not ERROR',
    'error.type is missing, not out_of_stock',
  ]);
});

test.each([
  ['order SERVERR POST /orders', 'SERVER'],
  ['order CLEINT GET', 'CLIENT'],
  ['order POST /orders 500 EROR', 'ERROR'],
])('%s is a misspelling: did you mean %s?', (line, meant) => {
  expect(() => parseSpanLine(line)).toThrow(`Did you mean ${meant}?`);
});

test.each(['order SELECT orders', 'order COMMIT', 'order POST /orders', 'order "SERVERR POST"', 'order DELETE', 'order INSERT'])(
  '%s is none',
  (line) => {
    expect(() => parseSpanLine(line)).not.toThrow();
  },
);
