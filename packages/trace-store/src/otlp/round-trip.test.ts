import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import type { Json } from './decode.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { ExportRequest, KeyValue, Span } from './schema.ts';

const anyValue = fc.letrec<{ value: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string().map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((number) => ({ intValue: String(number) })),
    fc.double().map((number) => ({ doubleValue: Number.isFinite(number) ? number : String(number) })),
    fc.uint8Array().map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.constant({}),
    fc.array(tie('value'), { minLength: 1 }).map((values) => ({ arrayValue: { values } })),
    fc.array(tie('value'), { minLength: 1 }).map((values) => ({ kvlistValue: { values: values.map((value) => ({ key: 'k', value })) } })),
  ),
})).value;

test('every attribute value is the same after encoding and decoding', () => {
  fc.assert(fc.property(anyValue, (value) => expect(decode(KeyValue, encode(KeyValue, { key: 'k', value }))).toEqual({ key: 'k', value })));
});

test.each(['order', 'every-type'])('the request %s is the same after encoding and decoding', (name) => {
  const file = new URL(`../../../trace-model/src/fixtures/${name}.otlp.json`, import.meta.url);
  const request = JSON.parse(readFileSync(file, 'utf8')) as Json;
  const decoded = decode(ExportRequest, encode(ExportRequest, request));
  expect(encode(ExportRequest, decoded)).toEqual(encode(ExportRequest, decode(ExportRequest, encode(ExportRequest, decoded))));
  expect(decoded).toMatchObject(withoutZeros(request) as Json);
});

const withoutZeros = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutZeros);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => name.endsWith('Value') || inner !== 0)
      .map(([name, inner]) => [name, withoutZeros(inner)]),
  );
};

test('names in snake_case, enums by name and numbers as numbers are read; what is unknown is passed over', () => {
  const span = {
    trace_id: 'AB'.repeat(16),
    kind: 'SPAN_KIND_CLIENT',
    start_time_unix_nano: 5,
    status: { code: 'STATUS_CODE_ERROR' },
    later: { x: 1 },
  };
  expect(decode(Span, encode(Span, span))).toEqual({ traceId: 'ab'.repeat(16), kind: 3, startTimeUnixNano: '5', status: { code: 2 } });
});

test.each([
  [{ traceId: 'xyz' }, 'traceId should be hex digits'],
  [{ kind: 'CLIENT' }, 'kind should be a whole number'],
  [{ startTimeUnixNano: -1 }, 'startTimeUnixNano should be between 0'],
  [{ flags: 2 ** 32 }, 'flags should be between 0'],
  [{ attributes: {} }, 'Span.attributes should be a list'],
  [{ attributes: [5] }, 'KeyValue should be an object'],
  [{ attributes: [{ key: 5 }] }, 'key should be text'],
  [{ attributes: [{ value: { boolValue: 'yes' } }] }, 'boolValue should be true or false'],
  [{ attributes: [{ value: { doubleValue: 'many' } }] }, 'doubleValue should be a number'],
])('%j is refused: %s', (span, message) => {
  expect(() => encode(Span, span)).toThrow(message);
});

test('of several members of a oneof, the last on the wire counts', () => {
  const twice = Buffer.concat([encode(KeyValue, { key: 'k' }), Buffer.from([0x12, 5, 0x0a, 1, 0x61, 0x10, 1])]);
  expect(decode(KeyValue, twice)).toEqual({ key: 'k', value: { boolValue: true } });
});
