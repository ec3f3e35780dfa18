import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import type { Json } from './decode.ts';
import { decode } from './decode.ts';
import { encode, encodeJson } from './encode.ts';
import { ExportRequest, KeyValue, Resource, Span } from './schema.ts';

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

/** `JSON.stringify` writes -0 as 0. */
const jsonOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (Object.is(one, -0) ? '-0?' : one)).replaceAll('"-0?"', '-0.0');

test('every attribute value is the same after encoding and decoding', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const { bytes, dropped } = encodeJson(KeyValue, Buffer.from(jsonOf({ key: 'k', value })));
      expect(dropped).toEqual([]);
      // As text, as a reader gets it.
      expect(JSON.parse(JSON.stringify(decode(KeyValue, bytes)))).toEqual({ key: 'k', value });
    }),
  );
});

/** A resource with the value where its attribute has text, and again under a name that OTLP does not have. */
const resourceWith = (text: string): Buffer =>
  Buffer.from(`{"unknown": ${text}, "attributes": [{"key":"k","value":{"stringValue": ${text} }}]}`);

test('JSON is read as JSON.parse reads it', () => {
  const padded = fc.json({ maxDepth: 5 }).chain((text) => fc.constantFrom(text, JSON.stringify(JSON.parse(text), null, '\t')));
  fc.assert(
    fc.property(padded, (text) => {
      const value = JSON.parse(text) as unknown;
      const { bytes, dropped } = encodeJson(Resource, resourceWith(text));
      const kept = typeof value === 'string' ? { stringValue: value.toWellFormed() } : value === null ? {} : undefined;
      expect(dropped).toEqual(kept === undefined ? ['stringValue should be text'] : []);
      const expected = kept === undefined ? { droppedAttributesCount: 1 } : { attributes: [{ key: 'k', value: kept }] };
      expect(decode(Resource, bytes)).toEqual(expected);
    }),
  );
});

test('damaged JSON is refused when JSON.parse refuses it', () => {
  const damage = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...Array.from('{}[]",:\\e-. 0tfn\u0001')));
  fc.assert(
    fc.property(damage, ([text, at, put]) => {
      const changed = `{"unknown":${text.slice(0, at % text.length)}${put}${text.slice((at % text.length) + 1)}}`;
      expect(isRefused(() => encodeJson(Resource, Buffer.from(changed)))).toBe(isRefused(() => JSON.parse(changed)));
    }),
    { numRuns: 2_000 },
  );
});

function isRefused(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch {
    return true;
  }
}

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
])('%j is refused: %s', (span, message) => {
  expect(() => encode(Span, span)).toThrow(message);
});

test.each([
  ['{"key":"k","value":{"intValue":100000000000000000000}}', 'intValue should be between -9223372036854775808 and 9223372036854775807'],
  ['{"key":"k","value":{"intValue":1e20}}', 'intValue should be between'],
  ['{"key":"k","value":{"intValue":"-9223372036854775809"}}', 'intValue should be between'],
  ['{"key":"k","value":{"intValue":1.5}}', 'intValue should be a whole number'],
  ['{"key":"k","value":{"boolValue":"yes"}}', 'boolValue should be true or false'],
  ['{"key":"k","value":{"doubleValue":"many"}}', 'doubleValue should be a number'],
  ['{"key":"k","value":{"arrayValue":{"values":[{"intValue":"1"},{"intValue":1e400}]}}}', 'intValue should be a whole number'],
  ['{"key":"k","value":{"kvlistValue":{"values":[{"key":"inner","value":{"bytesValue":7}}]}}}', 'bytesValue should be text'],
  ['{"key":"k","value":{"arrayValue":5}}', 'ArrayValue should be an object'],
  ['{"key":5}', 'key should be text'],
  ['5', 'KeyValue should be an object'],
])('the attribute %s is left out and counted, and the rest stays', (attribute, why) => {
  const fine = { key: 'fine', value: { intValue: '1' } };
  const whole = `[${JSON.stringify(fine)},${attribute},${JSON.stringify(fine)}]`;
  const event = `{"name":"e","attributes":${whole}}`;
  const span = `{"name":"s","droppedAttributesCount":2,"attributes":${whole},"events":[${event},{"name":"f"}]}`;
  const { bytes, dropped } = encodeJson(Span, Buffer.from(span));
  expect(dropped).toEqual([expect.stringContaining(why), expect.stringContaining(why)]);
  expect(decode(Span, bytes)).toEqual({
    name: 's',
    droppedAttributesCount: 3,
    attributes: [fine, fine],
    events: [{ name: 'e', droppedAttributesCount: 1, attributes: [fine, fine] }, { name: 'f' }],
    status: {},
  });
});

test.each([
  ['5', '5'],
  ['5.0', '5'],
  ['5e2', '500'],
  ['9007199254740993', '9007199254740993'],
  ['"9223372036854775807"', '9223372036854775807'],
  ['-9223372036854775808', '-9223372036854775808'],
])('the whole number %s is read to its last digit', (text, intValue) => {
  expect(decode(KeyValue, encodeJson(KeyValue, Buffer.from(`{"value":{"intValue":${text}}}`)).bytes)).toEqual({ value: { intValue } });
});

test('of several members of a oneof, the last on the wire counts', () => {
  const twice = Buffer.concat([encode(KeyValue, { key: 'k' }), Buffer.from([0x12, 5, 0x0a, 1, 0x61, 0x10, 1])]);
  expect(decode(KeyValue, twice)).toEqual({ key: 'k', value: { boolValue: true } });
});
