import { expect, test } from '@jest/globals';
import { suggest } from './suggest.ts';

test.each([
  ['sohw', ' Did you mean "show"?'],
  ['verfy', ' Did you mean "verify"?'],
  ['x', ''],
])('%s', (word, message) => {
  expect(suggest(word, ['show', 'verify', 'compare'])).toBe(message);
});
