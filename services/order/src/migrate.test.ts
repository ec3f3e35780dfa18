import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openDatabase } from '@waymark/service-kit';
import { recordLog, runProgram, type Program } from '@waymark/service-kit/testing';

let empty: TestDatabase;

beforeEach(async () => {
  empty = await testDatabase();
});
afterEach(async () => empty.drop());

const migrateOrder = (databaseUrl: string): Program =>
  runProgram(
    join(import.meta.dirname, 'main.ts'),
    {
      PORT: '0',
      INTERNAL_SECRET: 'for this test only',
      INVENTORY_URL: 'http://127.0.0.1:1',
      DATABASE_URL: databaseUrl,
      OTEL_TRACES_EXPORTER: 'none',
    },
    '--migrate',
  );

test('main.ts --migrate creates the tables of orders and jobs, serves nothing, and ends', async () => {
  await using service = migrateOrder(empty.url);
  expect([await service.ended, service.errors()]).toEqual([0, '']);
  await service.logged('the database is migrated');
  await expect(service.logged('listening on')).rejects.toThrow('The program ended without logging');
  const db = openDatabase(empty.url, recordLog().log);
  const [found] = await db.query(
    `select to_regclass('orders') is not null as orders, to_regclass('graphile_worker.jobs') is not null as jobs`,
  );
  await db.close();
  expect(found).toEqual({ orders: true, jobs: true });
});

test('main.ts --migrate ends with exit code 1 if the database cannot be reached', async () => {
  await using service = migrateOrder('postgres://127.0.0.1:1/order');
  expect(await service.ended).toBe(1);
  await service.logged('order failed: The database cannot be reached now.');
});
