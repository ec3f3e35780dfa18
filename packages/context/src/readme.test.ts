import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import * as context from './index.ts';
import * as pool from './pool.ts';

test('the README names each function of the package', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(Object.keys({ ...context, ...pool }).filter((name) => !readme.includes(name))).toEqual([]);
});
