import { expect, test } from '@jest/globals';
import { base64Bytes } from './base64.ts';

test.each([
  ['', []],
  ['Zg==', [0x66]],
  ['Zm8=', [0x66, 0x6f]],
  ['Zm9v', [0x66, 0x6f, 0x6f]],
  ['Zm9vYg', [0x66, 0x6f, 0x6f, 0x62]],
  ['AAH/', [0, 1, 255]],
  ['AAH_-w==', [0, 1, 255, 251]],
])('%s is read, padded or not, in either alphabet', (text, bytes) => {
  expect(base64Bytes(text)).toEqual(new Uint8Array(bytes));
});

test.each(['Z', 'Zm9v!!!!', 'Zm9v 9vv', 'éééé'])('%s is not base64', (text) => {
  expect(base64Bytes(text)).toBeUndefined();
});
