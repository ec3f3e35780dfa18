import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Database, Sql } from './database.ts';

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

/** Any number, the same in every process: only one of them migrates at a time. */
const LOCK = 7_263_144;

/**
 * Brings a database up to date: runs each `NNNN-name.sql` of `folder` that has not run yet, in order, all in one transaction,
 * one process at a time.
 * @param owner whose migrations these are, when one database has several sets
 * @throws {Error} if a migration that has run was edited, removed or overtaken since
 */
export async function migrate(db: Database, folder: string, owner: string, log: Logger): Promise<void> {
  const migrations = await readMigrations(folder);
  await db.transaction(async (tx) => {
    // Neither the wait for another process nor a migration of a large table is a statement gone astray.
    await tx.query('set local statement_timeout = 0');
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query(
      'create table if not exists migrations (owner text, name text, checksum text not null, ran_at timestamptz not null default now(), primary key (owner, name))',
    );
    for (const migration of await outstanding(tx, migrations, owner)) {
      await tx.query(migration.text);
      await tx.query('insert into migrations (owner, name, checksum) values ($1, $2, $3)', [owner, migration.name, migration.checksum]);
      log.info({ migration: migration.name }, 'migrated');
    }
  });
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      if (!/^\d{4}-[a-z0-9-]+\.sql$/.test(name)) throw new Error(`Migration ${name}: name it NNNN-what-it-does.sql`);
      const text = await readFile(join(folder, name), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function outstanding(tx: Sql, migrations: Migration[], owner: string): Promise<Migration[]> {
  const ran = await tx.query<{ name: string; checksum: string }>(
    // As JavaScript sorts, whatever the language of the database.
    'select name, checksum from migrations where owner = $1 order by name collate "C"',
    [owner],
  );
  for (const [at, { name, checksum }] of ran.entries()) {
    const here = migrations[at];
    if (here?.name !== name)
      throw new Error(`Migration ${name} has run but is not in its place: migrations are only ever added at the end`);
    if (here.checksum !== checksum) throw new Error(`Migration ${name} was changed after it ran: undo that, and add a new migration`);
  }
  return migrations.slice(ran.length);
}
