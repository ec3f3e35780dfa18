import { expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase, testDatabase } from './database.ts';
import { forTest } from './testing/for-test.ts';

test('each test database is separate, and removed after the test even if clients are connected', async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
  const client = new pg.Client(one.url);
  client.on('error', () => {});
  await client.connect();
  await one.drop();
  await two.drop();
  expect(one.url).not.toBe(two.url);
  await expect(new pg.Client(one.url).connect()).rejects.toThrow('does not exist');
});

test('createDatabase keeps an existing database', async () => {
  const database = forTest(await testDatabase());
  const name = new URL(database.url).pathname.slice(1);
  const again = await createDatabase(process.env['TEST_POSTGRES_URL'] ?? '', name);
  expect(again.url).toBe(database.url);
});
