import { expect, test } from '@jest/globals';
import { readId, readParentId } from './id.ts';

const bytes = new Uint8Array([0xff, 0, 0, 0, 0, 0, 0, 0x1f]);

test.each([
  ['hex', 'FF0000000000001F'],
  ['base64', '/wAAAAAAAB8='],
  ['bytes', bytes],
  ['a list of bytes', [...bytes]],
])('an id in %s is read as lowercase hex', (_form, value) => {
  expect(readId(value, 8, 'spanId')).toBe('ff0000000000001f');
});

test('a malformed id stays unchanged, so that verify can report it', () => {
  expect(readId('not an id', 8, 'spanId')).toBe('not an id');
  expect(readId('abc', 8, 'spanId')).toBe('abc');
  expect(readId('Zm8=', 8, 'spanId')).toBe('Zm8=');
  expect(() => readId([1, 256], 8, 'spanId')).toThrow('spanId should be an id, but is a list of 2');
  expect(() => readId([-1], 8, 'spanId')).toThrow('spanId should be an id');
  expect(() => readId(7, 8, 'spanId')).toThrow('spanId should be an id, but is a number');
});

test.each([undefined, null, '', '0000000000000000', 'AAAAAAAAAAA='])('the parent id %j means no parent', (value) => {
  expect(readParentId(value, 'parentSpanId')).toBeUndefined();
});
