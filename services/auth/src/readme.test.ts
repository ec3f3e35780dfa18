import { expect, test } from '@jest/globals';
import { authApi } from '@waymark/contracts';
import { environmentIn, environmentOf, pathsIn, pathsOf } from '@waymark/service-kit/testing';
import { config } from './config.ts';

const readme = new URL('../README.md', import.meta.url);

test('the README lists every route', async () => {
  expect(await pathsIn(readme)).toEqual(pathsOf(authApi));
});

test('the README lists every variable with its default', async () => {
  expect(await environmentIn(readme)).toEqual(
    environmentOf(config, {
      INTERNAL_SECRET: 'a secret of the tests',
      DATABASE_URL: 'postgres://localhost/auth',
      DATABASE_DIRECT_URL: 'postgres://localhost/auth',
    }),
  );
});
