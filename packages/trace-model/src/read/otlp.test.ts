import { expect, test } from '@jest/globals';
import everyType from '../fixtures/every-type.otlp.json' with { type: 'json' };
import everyTypeV3 from '../fixtures/every-type.jaeger-v3.json' with { type: 'json' };
import order from '../fixtures/order.otlp.json' with { type: 'json' };
import { attributeText } from '../attribute.ts';
import type { Span } from '../trace.ts';
import { readOtlp } from './otlp.ts';

const first = (request: unknown): Span => {
  const span = readOtlp(request)[0]?.spans[0];
  if (!span) throw new Error('no span was read');
  return span;
};

const bytes = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);
const one = (span: object): unknown => ({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
const value = (any: unknown): unknown => first(one({ attributes: [{ key: 'k', value: any }] })).attributes['k'];

test('every field of a span is kept, to the nanosecond', () => {
  const span = first(everyType);
  expect(span).toMatchObject({
    traceId: '7'.repeat(32),
    spanId: '1000000000000001',
    parentSpanId: undefined,
    traceState: 'a=1,b=2',
    flags: 257,
    name: 'every type',
    kind: 'INTERNAL',
    service: 'kitchen',
    start: 1763800000123000000n,
    end: 1763800000135345678n,
    status: { code: 'ERROR', message: 'boom' },
    dropped: { attributes: 2, events: 3, links: 4 },
    resource: { droppedAttributes: 1, schemaUrl: 'https://opentelemetry.io/schemas/1.38.0' },
    scope: { name: 'sink', version: '1.2.3', attributes: { 'scope.kind': 'test' } },
  });
  expect(span.events[0]).toMatchObject({ time: 1763800000124000001n, name: 'exception', droppedAttributes: 1 });
  expect(span.links[0]).toMatchObject({ traceId: '8'.repeat(32), traceState: 'c=3', attributes: { why: 'batch' }, flags: 257 });
});

test('attribute values keep their types', () => {
  expect({ ...first(everyType).attributes }).toEqual({
    string: 'héllo',
    bool: false,
    int: 42n,
    'int.big': 9007199254740993n,
    'int.negative': -5n,
    double: 1.5,
    'double.whole': 3,
    bytes: new Uint8Array([0, 1, 255]),
    array: ['a', 1n, true],
    map: { inner: 'x', n: 1n },
    empty: null,
    'string.empty': '',
  });
});

test('the v3 API of Jaeger returns the spans that it received', () => {
  expect(readOtlp(everyTypeV3.result)[0]?.spans).toEqual(
    readOtlp(everyType)[0]?.spans.map((span) => ({ ...span, resource: expect.anything(), scope: expect.anything() })),
  );
});

test('a protobuf decoder may give ids as bytes, times as bigint or halves, and enums as numbers', () => {
  const span = first(
    one({
      traceId: bytes(0xaa, 16),
      spanId: bytes(0xbb, 8),
      parentSpanId: new Uint8Array(),
      kind: 2,
      startTimeUnixNano: 1763800000123000001n,
      endTimeUnixNano: { low: 2062042625, high: 410672404, unsigned: true },
      attributes: [{ key: 'n', value: { intValue: { low: -5, high: -1, unsigned: false } } }],
    }),
  );
  expect(span).toMatchObject({
    traceId: 'aa'.repeat(16),
    spanId: 'bb'.repeat(8),
    parentSpanId: undefined,
    kind: 'SERVER',
    start: 1763800000123000001n,
    end: (410672404n << 32n) + 2062042625n,
    attributes: { n: -5n },
  });
});

test("ids of protobuf's JSON mapping are read from base64", () => {
  const ids = { traceId: 'qqqqqqqqqqqqqqqqqqqqqg==', spanId: 'u7u7u7u7u7s=' };
  expect(first(one({ ...ids, links: [ids] }))).toMatchObject({
    traceId: 'aa'.repeat(16),
    spanId: 'bb'.repeat(8),
    links: [{ traceId: 'aa'.repeat(16), spanId: 'bb'.repeat(8) }],
  });
});

test('64-bit halves without a sign bit are positive', () => {
  expect(value({ intValue: { low: 0, high: -1, unsigned: true } })).toBe(0xffffffff00000000n);
});

test('enums can be names, and doubles can be "NaN" or "Infinity"', () => {
  expect(first(one({ kind: 'SPAN_KIND_CONSUMER', status: { code: 'STATUS_CODE_OK' } }))).toMatchObject({
    kind: 'CONSUMER',
    status: { code: 'OK' },
  });
  expect(value({ doubleValue: 'NaN' })).toBe(Number.NaN);
  expect(value({ doubleValue: '-Infinity' })).toBe(Number.NEGATIVE_INFINITY);
});

test('an attribute can have any name', () => {
  const span = first(one({ attributes: [{ key: '__proto__', value: { stringValue: 'x' } }] }));
  expect(Object.entries(span.attributes)).toEqual([['__proto__', 'x']]);
});

test('traces are frozen', () => {
  const span = first(order);
  for (const part of [span, span.attributes, span.events, span.links, span.resource, span.scope, span.status, span.dropped]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test.each([
  ['resourceSpans should be a list, but is a number', { resourceSpans: 5 }],
  ['spans should be a list of objects, but is a string', { resourceSpans: [{ scopeSpans: [{ spans: ['x'] }] }] }],
  ['startTimeUnixNano should be a whole number, but is a string', one({ startTimeUnixNano: 'noon' })],
  ['kind should be one of UNSPECIFIED, INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER, but is a number', one({ kind: 9 })],
  ['attributes should be a list, but is an object with "a"', one({ attributes: { a: 1 } })],
  ['intValue should be a whole number, but is a number', one({ attributes: [{ key: 'k', value: { intValue: 1.5 } }] })],
  ['doubleValue should be a number, but is a string', one({ attributes: [{ key: 'k', value: { doubleValue: ' ' } }] })],
  ['boolValue should be true or false, but is a string', one({ attributes: [{ key: 'k', value: { boolValue: 'yes' } }] })],
  ['endTimeUnixNano should be a whole number, but is an object with "low"', one({ endTimeUnixNano: { low: 1 } })],
  ['bytesValue should be base64, but is a string', one({ attributes: [{ key: 'k', value: { bytesValue: '!' } }] })],
  ['an OTLP request should be an object, but is nothing', null],
])('%s', (message, request) => {
  expect(() => readOtlp(request)).toThrow(message);
});

test('a value that nests too deep is rejected', () => {
  const deep = Array.from({ length: 5000 }).reduce<unknown>((inner) => ({ arrayValue: { values: [inner] } }), { stringValue: 'x' });
  expect(() => value(deep)).toThrow('an attribute nests deeper than 32 levels');
  const nested = Array.from({ length: 32 }).reduce<unknown>((inner) => ({ arrayValue: { values: [inner] } }), { stringValue: 'x' });
  expect(attributeText(first(one({ attributes: [{ key: 'k', value: nested }] })).attributes['k'])).toMatch(/^\[{32}"x"\]{32}$/);
});
