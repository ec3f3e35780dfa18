import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrations.ts';
import { recordLog } from './testing/record-log.ts';

const { log } = recordLog();
let empty: TestDatabase;
let db: Database;
let folder: string;

beforeEach(async () => {
  empty = await testDatabase();
  db = openDatabase(empty.url, log);
  folder = await mkdtemp(join(tmpdir(), 'waymark-migrations-'));
});
afterEach(async () => {
  await db.close();
  await empty.drop();
  await rm(folder, { recursive: true });
});

/** Replaces the migrations and runs them. */
async function run(files: Record<string, string>, { on = db, owner = 'test' } = {}): Promise<void> {
  await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), 'waymark-migrations-'));
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  await migrate(on, folder, owner, log);
}

const ran = async (): Promise<string[]> =>
  (await db.query<{ name: string }>('select name from migrations order by ran_at, name')).map(({ name }) => name);

const CREATE = { '0001-create.sql': 'create table steps (step int);' };
const FIRST = { '0002-first.sql': 'insert into steps values (1); insert into steps values (2);' };

test('migrations run in order, each once, and new ones when they are added', async () => {
  await run({ ...FIRST, ...CREATE });
  await run({ ...CREATE, ...FIRST });
  await run({ ...CREATE, ...FIRST, '0003-third.sql': 'insert into steps values (3)', 'README.md': 'not SQL' });
  expect(await db.query('select step from steps')).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }]);
  expect(await ran()).toEqual(['0001-create.sql', '0002-first.sql', '0003-third.sql']);
});

test('processes that start at the same time run each migration once', async () => {
  const others = Array.from({ length: 4 }, () => openDatabase(empty.url, log));
  await Promise.all(Object.entries({ ...CREATE, ...FIRST }).map(([name, text]) => writeFile(join(folder, name), text)));
  await Promise.all(others.map((other) => migrate(other, folder, 'test', log)));
  await Promise.all(others.map((other) => other.close()));
  expect(await db.query('select step from steps')).toEqual([{ step: 1 }, { step: 2 }]);
});

test.each([
  ['edited', { '0001-create.sql': 'create table steps (step bigint);', ...FIRST }, '0001-create.sql was edited after it ran'],
  ['removed', FIRST, '0001-create.sql has run, but is missing or comes later now'],
  ['removed from the end', CREATE, '0002-first.sql has run, but is missing or comes later now'],
  ['overtaken', { ...CREATE, ...FIRST, '0001-earlier.sql': 'select 1' }, '0002-first.sql has run, but is missing or comes later now'],
  [
    'misnamed',
    { ...CREATE, ...FIRST, '3-third.sql': 'select 1' },
    'The name of migration 3-third.sql is invalid: use NNNN-what-it-does.sql',
  ],
])('a migration that was %s is an error, and nothing runs', async (_, files, message) => {
  await run({ ...CREATE, ...FIRST });
  await expect(run({ ...files, '0009-new.sql': 'create table novelty ()' })).rejects.toThrow(message);
  expect(await ran()).toEqual(['0001-create.sql', '0002-first.sql']);
  expect(await db.query(`select to_regclass('novelty') as novelty`)).toEqual([{ novelty: null }]);
});

test('an older version accepts a database that a newer one has migrated', async () => {
  await run({ ...CREATE, ...FIRST });
  await run(CREATE);
  expect(await ran()).toEqual(['0001-create.sql', '0002-first.sql']);
});

test('a failing migration rolls back, together with the new ones before it', async () => {
  await expect(run({ ...CREATE, '0002-wrong.sql': 'insert into steps values (1); insert into nowhere values (1)' })).rejects.toThrow(
    'nowhere',
  );
  expect(await db.query(`select to_regclass('steps') as steps`)).toEqual([{ steps: null }]);
  await run({ ...CREATE, ...FIRST });
  expect(await ran()).toEqual(['0001-create.sql', '0002-first.sql']);
});

test('the migrations of two owners in one database are independent', async () => {
  await run(CREATE, { owner: 'one' });
  await run({ '0001-other.sql': 'create table other ()' }, { owner: 'two' });
  await run(CREATE, { owner: 'one' });
  expect(await ran()).toEqual(['0001-create.sql', '0001-other.sql']);
});

test('a migration may take longer than a normal statement, and others wait for it', async () => {
  await using other = { db: openDatabase(empty.url, log), [Symbol.asyncDispose]: () => other.db.close() };
  await writeFile(join(folder, '0001-slow.sql'), 'select pg_sleep(4.5)');
  await Promise.all([migrate(db, folder, 'test', log), migrate(other.db, folder, 'test', log)]);
  expect(await ran()).toEqual(['0001-slow.sql']);
  expect(await db.query(`select current_setting('statement_timeout') as timeout`)).toEqual([{ timeout: '3s' }]);
}, 20_000);

test('the order of names does not depend on the collation of the database', async () => {
  const files = { '0001-a-b.sql': 'select 1', '0001-aa.sql': 'select 2' };
  await run(files);
  // Like en_US.UTF-8 of glibc in the Postgres image: hyphens do not count.
  await db.query(`create collation american (provider = icu, locale = 'en-US-u-ka-shifted')`);
  await db.query('alter table migrations alter column name type text collate american');
  await run(files);
  expect(await ran()).toHaveLength(2);
});
