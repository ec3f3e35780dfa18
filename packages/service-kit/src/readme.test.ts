import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import * as kit from './index.ts';

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

test('the README names every exported function', () => {
  expect(Object.keys(kit).filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
