import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Attribute } from './attributes.ts';
import { check } from './check.ts';
import type { Json } from './decode.ts';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { KeyValue, Resource } from './schema.ts';
import { cutText, truncate } from './truncate.ts';
import { Wire } from './wire.ts';

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  ['aé', 2, 'a'],
  ['a🛒b', 4, 'a'],
  ['a🛒b', 5, 'a🛒'],
  ['注文', 1, ''],
])('%s in %i bytes is %s', (text, bytes, cut) => {
  expect(cutText(Buffer.from(text), bytes).toString()).toBe(cut);
});

const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'grapheme', maxLength: 400, size: 'max' }).map((stringValue) => ({ stringValue })),
    fc.uint8Array({ maxLength: 600, size: 'max' }).map((bytes) => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((number) => ({ intValue: String(number) })),
    fc.array(tie('value'), { maxLength: 40 }).map((values) => ({ arrayValue: { values } })),
    fc
      .array(fc.tuple(fc.string({ maxLength: 60 }), tie('value')), { maxLength: 40 })
      .map((entries) => ({ kvlistValue: { values: entries.map(([key, inner]) => ({ key, value: inner })) } })),
  ),
})).value;

const MAX = 2_000;

test('whatever an attribute is, it fits afterwards, is the beginning of what it was, and is named if it was cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300, size: 'max' }), value, (key, given) => {
      const before = encode(Resource, { attributes: [{ key, value: given }] });
      const { bytes, count } = truncate(Resource, before, MAX);
      check(Resource, new Wire(bytes), bytes.length);
      const [one, mark] = (decode(Resource, bytes)['attributes'] ?? []) as [Attribute, Attribute | undefined];
      expect(encode(KeyValue, one).length).toBeLessThanOrEqual(MAX);
      expect(count).toBe(encode(KeyValue, { key, value: given }).length > MAX ? 1 : 0);
      expect(mark?.key).toBe(count === 0 ? undefined : 'waymark.truncated');
      expect(bytes.equals(before)).toBe(count === 0);
      expect(begins(given, one.value)).toBe(true);
    }),
  );
});

/** Whether `cut` is `whole` or the beginning of it. */
function begins(whole: Json, cut: Json): boolean {
  if ('value' in whole) return begins(whole['value'] as Json, cut['value'] as Json) && startsWith(whole['key'], cut['key']);
  const [kind = ''] = Object.keys(whole);
  if (cut[kind] === undefined) return true;
  if (kind === 'stringValue') return startsWith(whole[kind], cut[kind]);
  if (kind === 'bytesValue') return bytesOf(whole[kind]).subarray(0, bytesOf(cut[kind]).length).equals(bytesOf(cut[kind]));
  if (kind === 'intValue') return whole[kind] === cut[kind];
  const [all, kept] = [whole, cut].map((list) => ((list[kind] as Json)['values'] ?? []) as Json[]) as [Json[], Json[]];
  return kept.every((item, at) => begins(all[at] as Json, item));
}

const startsWith = (whole: unknown, cut: unknown): boolean => ((whole ?? '') as string).startsWith((cut ?? '') as string);
const bytesOf = (base64: unknown): Buffer => Buffer.from((base64 ?? '') as string, 'base64');

/** The tag and the length of a field, the length in four bytes. */
const head = (tag: number, size: number): Buffer =>
  Buffer.from([tag, (size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, ((size >> 14) & 0x7f) | 0x80, size >> 21]);

test('an attribute with two million entries is cut in one pass', () => {
  const entries = Buffer.concat(Array.from({ length: 2_000_000 }, () => Buffer.from([0x0a, 2, 0x10, 1])));
  let bytes = entries;
  for (const tag of [0x2a, 0x12, 0x0a]) bytes = Buffer.concat([head(tag, bytes.length), bytes]);
  const cut = truncate(Resource, bytes, MAX);
  expect(cut.count).toBe(1);
  const [one] = decode(Resource, cut.bytes)['attributes'] as Attribute[];
  expect(one).toMatchObject({ value: { arrayValue: { values: expect.arrayContaining([{ boolValue: true }]) } } });
  expect(cut.bytes.length).toBeGreaterThan(MAX - 50);
});
