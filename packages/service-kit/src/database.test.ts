import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openDatabase, type Database, type Sql } from './database.ts';
import { withDeadline } from './deadline.ts';
import { freezableProxy } from './testing/freezable-proxy.ts';
import { recordLog } from './testing/record-log.ts';
import { until } from './testing/until.ts';

const { log, lines } = recordLog();
let empty: TestDatabase;
let other: Database;
let db: Database;

beforeAll(async () => {
  empty = await testDatabase();
  other = openDatabase(empty.url, log);
  await other.query('create table things (id int primary key, at int, unique (at) deferrable initially deferred)');
});
beforeEach(async () => {
  await other.query('truncate things');
  db = openDatabase(empty.url, log);
});
afterEach(async () => db.close());
afterAll(async () => {
  await other.close();
  await empty.drop();
});

const ids = async (): Promise<number[]> => (await other.query<{ id: number }>('select id from things order by id')).map(({ id }) => id);
const insert = async (sql: Sql, id: number, at = id): Promise<unknown> => sql.query('insert into things values ($1, $2)', [id, at]);
const pidOf = async (sql: Sql): Promise<number> => (await sql.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;
const terminate = async (pid: number): Promise<unknown> => other.query('select pg_terminate_backend($1, 5000)', [pid]);

test('a transaction returns its result, and others see its changes after the commit', async () => {
  const result = await db.transaction(async (tx) => {
    await insert(tx, 1);
    expect(await ids()).toEqual([]);
    return 'done';
  });
  expect([result, await ids()]).toEqual(['done', [1]]);
});

test('a transaction that throws is rolled back and rethrows the same error', async () => {
  const error = new Error('changed my mind');
  const failing = db.transaction(async (tx) => {
    await insert(tx, 1);
    throw error;
  });
  await expect(failing).rejects.toBe(error);
  expect(await ids()).toEqual([]);
});

test('a failed statement rolls the transaction back, and its connection is reused', async () => {
  const pid = await pidOf(db);
  const failing = db.transaction(async (tx) => {
    await insert(tx, 1);
    await insert(tx, 1);
  });
  await expect(failing).rejects.toThrow('duplicate key');
  await insert(db, 2);
  expect([await ids(), await pidOf(db)]).toEqual([[2], pid]);
});

test('a commit that the database rejects throws', async () => {
  const failing = db.transaction(async (tx) => {
    await insert(tx, 1, 7);
    await insert(tx, 2, 7);
  });
  await expect(failing).rejects.toThrow('duplicate key');
  expect(await ids()).toEqual([]);
});

test('with all connections in use, callers that wait too long get 503, or 504 at the deadline, and the database is still ready', async () => {
  const end = Promise.withResolvers<undefined>();
  const size = db.pool.options.max;
  const holding = Array.from({ length: size }, async (_, id) =>
    db.transaction(async (tx) => {
      await insert(tx, id);
      await end.promise;
    }),
  );
  await until(
    () => db.pool.totalCount - db.pool.idleCount,
    (inUse) => inUse === size,
    'all connections to be in use',
  );
  db.pool.options.connectionTimeoutMillis = 100;
  await expect(insert(db, 100)).rejects.toMatchObject({ status: 503, code: 'unavailable', message: 'The database cannot be reached now.' });
  db.pool.options.connectionTimeoutMillis = 8_000;
  await expect(withDeadline(50, () => insert(db, 100))).rejects.toMatchObject({ status: 504, code: 'deadline_exceeded' });
  await db.ready();
  end.resolve(undefined);
  await Promise.all(holding);
  await insert(db, 100);
  expect(await ids()).toHaveLength(size + 1);
});

test('a database that cannot be reached causes a 503', async () => {
  const nowhere = openDatabase('postgres://waymark@127.0.0.1:1/nowhere', log);
  await expect(nowhere.query('select 1')).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  await nowhere.close();
});

test('afterCommit runs after the commit, and not after a rollback', async () => {
  const seen: unknown[] = [];
  const commit = async (id: number, at: number): Promise<void> =>
    db.transaction(async (tx) => {
      tx.afterCommit(() => void seen.push(id));
      await insert(tx, id, at);
      expect(seen).not.toContain(id);
      if (at === 0) throw new Error('changed my mind');
    });
  await commit(1, 1);
  await expect(commit(2, 0)).rejects.toThrow('changed my mind');
  // The deferred unique constraint fails at the commit.
  await expect(commit(3, 1)).rejects.toThrow('duplicate key');
  expect([seen, await ids()]).toEqual([[1], [1]]);
});

test('a connection that breaks in a transaction fails only that transaction', async () => {
  const failing = db.transaction(async (tx) => {
    await insert(tx, 1);
    await terminate(await pidOf(tx));
    await insert(tx, 2);
  });
  await expect(failing).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  await insert(db, 3);
  expect(await ids()).toEqual([3]);
});

test('an idle connection that breaks is replaced and logged', async () => {
  const pid = await pidOf(db);
  await terminate(pid);
  await until(
    () => lines.map(({ msg }) => msg),
    (messages) => messages.includes('a database connection was lost'),
    'the loss to be logged',
  );
  expect(await pidOf(db)).not.toBe(pid);
});

test('closing waits for the connections in use', async () => {
  const closing = openDatabase(empty.url, log);
  const end = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<undefined>();
  const working = closing.transaction(async (tx) => {
    begun.resolve(undefined);
    await end.promise;
    await insert(tx, 1);
  });
  await begun.promise;
  const closed = closing.close();
  end.resolve(undefined);
  await Promise.all([working, closed]);
  expect(await ids()).toEqual([1]);
});

test('an afterCommit function that throws is logged, and the transaction stays committed', async () => {
  lines.length = 0;
  await db.transaction(async (tx) => {
    tx.afterCommit(() => {
      throw new Error('no');
    });
    await insert(tx, 1);
  });
  expect([await ids(), lines.map(({ msg }) => msg)]).toEqual([[1], ['an afterCommit function failed']]);
});

test('a statement of a library that migrates may take an hour, and its connection is closed afterwards', async () => {
  const show = 'select setting::int, pg_backend_pid() as pid from pg_settings where name = $1';
  const { rows } = await db.migrating((pool) => pool.query<{ setting: number; pid: number }>(show, ['statement_timeout']));
  expect(rows).toMatchObject([{ setting: 3_600_000 }]);
  const isOpen = async () => (await other.query('select from pg_stat_activity where pid = $1', [rows[0]?.pid])).length > 0;
  await until(isOpen, (open) => !open, 'the connection to be closed');
});

test('a statement is stopped at the deadline and its transaction rolled back', async () => {
  const late = withDeadline(200, () =>
    db.transaction(async (tx) => {
      await insert(tx, 1);
      await tx.query('select pg_sleep(20)');
    }),
  );
  await expect(late).rejects.toMatchObject({ status: 504, code: 'deadline_exceeded', message: 'The database did not answer in time.' });
  await insert(db, 2);
  expect(await ids()).toEqual([2]);
});

test('when all open connections go dead, one request fails and all of them are replaced', async () => {
  await using proxy = await freezableProxy(empty.url);
  const far = openDatabase(proxy.url, log);
  await Promise.all([1, 2, 3, 4].map(() => far.query('select pg_sleep(0.05)')));
  expect(far.pool.totalCount).toBe(4);
  proxy.freeze();
  await expect(far.query('select 1')).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  expect(await withDeadline(2_000, () => Promise.all([1, 2, 3, 4].map(() => far.query('select 1 as one'))))).toEqual(
    Array.from({ length: 4 }, () => [{ one: 1 }]),
  );
  await far.close();
}, 20_000);
