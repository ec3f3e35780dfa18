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
const valid = { DATABASE_URL: 'postgres://waymark:secret@db:5432/order', INVENTORY_URL: 'http://inventory:8083' };

function messageFor(env: NodeJS.ProcessEnv): string {
  try {
    return JSON.stringify(readConfig(shape, env));
  } catch (error) {
    return error instanceof ConfigError ? error.message : `not a ConfigError: ${String(error)}`;
  }
}

test('the error names every variable that is missing or invalid, and how to fix it', () => {
  expect(messageFor({ PORT: '70000', INVENTORY_URL: 'inventory:8083' }).split('\n')).toEqual([
    'Environment variables are missing or invalid:',
    expect.stringMatching(/^ {2}PORT is invalid \(.+\)\. Set it to the port to listen on, 0 for any free one$/),
    "  DATABASE_URL is missing. Set it to the URL of the service's own Postgres database, such as postgres://waymark:secret@localhost:5432/order",
    expect.stringMatching(
      /^ {2}INVENTORY_URL is invalid \(.+\)\. Set it to the base URL of the inventory service, such as http:\/\/localhost:8083$/,
    ),
  ]);
});

test('an empty variable counts as unset, and other variables are ignored', () => {
  expect(readConfig(shape, { ...valid, PORT: '', SIZE: '7', HOME: '/root' })).toEqual({
    ...valid,
    HOST: '127.0.0.1',
    PORT: 8082,
    MAX_REQUESTS: 64,
    LAME_DUCK_SECONDS: 2,
    SIZE: 7,
  });
  expect(messageFor({ ...valid, INVENTORY_URL: '' })).toContain('INVENTORY_URL is missing');
});

test('the error never contains the value, which may hold a password', () => {
  expect(messageFor({ ...valid, DATABASE_URL: 'mysql://waymark:hunter2@db/order' })).toMatch(/DATABASE_URL is invalid(?!.*hunter2)/);
});

test('the error names exactly the variables that are invalid', () => {
  const invalid = { HOST: undefined, PORT: 'x', DATABASE_URL: 'http://db', INVENTORY_URL: 'ftp://inventory', SIZE: '-1' };
  const variable = fc.constantFrom('PORT', 'DATABASE_URL', 'INVENTORY_URL', 'SIZE' as const);
  fc.assert(
    fc.property(fc.uniqueArray(variable, { minLength: 1 }), (names) => {
      const message = messageFor({ ...valid, ...Object.fromEntries(names.map((name) => [name, invalid[name as keyof typeof invalid]])) });
      const named = [...message.matchAll(/^ {2}(\w+) is invalid/gm)].map(([, name]) => name);
      expect(new Set(named)).toEqual(new Set(names));
    }),
  );
});
