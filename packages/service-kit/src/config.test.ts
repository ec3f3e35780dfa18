import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { ConfigError, databaseUrl, listenOn, readConfig, serviceUrl } from './config.ts';

const shape = {
  ...listenOn(8082),
  DATABASE_URL: databaseUrl('order'),
  INVENTORY_URL: serviceUrl('inventory', 8083),
  SIZE: z.coerce.number().positive().default(3),
};
const right = { DATABASE_URL: 'postgres://waymark:secret@db:5432/order', INVENTORY_URL: 'http://inventory:8083' };

function complaint(env: NodeJS.ProcessEnv): string {
  try {
    return JSON.stringify(readConfig(shape, env));
  } catch (error) {
    return error instanceof ConfigError ? error.message : `not a ConfigError: ${String(error)}`;
  }
}

test('every variable that is missing or wrong is named at once, with its mend', () => {
  expect(complaint({ PORT: '70000', INVENTORY_URL: 'inventory:8083' }).split('\n')).toEqual([
    'The environment is not complete:',
    expect.stringMatching(/^ {2}PORT is wrong \(.+\): the port to listen on, 0 for any free one$/),
    "  DATABASE_URL is missing: the service's own Postgres database, such as postgres://waymark:secret@localhost:5432/order",
    expect.stringMatching(/^ {2}INVENTORY_URL is wrong \(.+\): the base URL of the inventory service, such as http:\/\/localhost:8083$/),
  ]);
});

test('empty counts as unset, and what is not asked for is left alone', () => {
  expect(readConfig(shape, { ...right, PORT: '', SIZE: '7', HOME: '/root' })).toEqual({
    ...right,
    HOST: '127.0.0.1',
    PORT: 8082,
    MAX_REQUESTS: 64,
    LAME_DUCK_SECONDS: 2,
    SIZE: 7,
  });
  expect(complaint({ ...right, INVENTORY_URL: '' })).toContain('INVENTORY_URL is missing');
});

test('a complaint never repeats the value: it may hold a password', () => {
  expect(complaint({ ...right, DATABASE_URL: 'mysql://waymark:hunter2@db/order' })).toMatch(/DATABASE_URL is wrong(?!.*hunter2)/);
});

test('whatever is wrong, exactly that is named', () => {
  const wrong = { HOST: undefined, PORT: 'x', DATABASE_URL: 'http://db', INVENTORY_URL: 'ftp://inventory', SIZE: '-1' };
  const variable = fc.constantFrom('PORT', 'DATABASE_URL', 'INVENTORY_URL', 'SIZE' as const);
  fc.assert(
    fc.property(fc.uniqueArray(variable, { minLength: 1 }), (names) => {
      const message = complaint({ ...right, ...Object.fromEntries(names.map((name) => [name, wrong[name as keyof typeof wrong]])) });
      const named = [...message.matchAll(/^ {2}(\w+) is wrong/gm)].map(([, name]) => name);
      expect(new Set(named)).toEqual(new Set(names));
    }),
  );
});
