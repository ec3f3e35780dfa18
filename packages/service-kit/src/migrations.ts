import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { MIGRATION_MS, type Database, type Sql } from './database.ts';

interface Migration {
  name: string;
  text: string;
  checksum: string;
}

/** The key of the advisory lock that lets one process migrate at a time. Any number works. */
const LOCK = 7_263_144;

/**
 * Migrates a database: runs each `NNNN-name.sql` of `folder` that has not run yet, in order, all in one transaction. Only one process at a
 * time does this. A newer version may have migrated the database further: then there is nothing to do, so the old one can be rolled back to.
 * @param owner tells several sets of migrations in one database apart
 * @throws {Error} if a migration that has run was edited or removed, or a new one sorts before it
 */
export async function migrate(db: Database, folder: string, owner: string, log: Logger): Promise<void> {
  const migrations = await readMigrations(folder);
  await db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query(
      'create table if not exists migrations (owner text, name text, checksum text not null, ran_at timestamptz not null default now(), primary key (owner, name))',
    );
    for (const migration of await outstanding(tx, migrations, owner)) {
      await tx.query(migration.text);
      await tx.query('insert into migrations (owner, name, checksum) values ($1, $2, $3)', [owner, migration.name, migration.checksum]);
      log.info({ migration: migration.name }, 'migrated');
    }
  }, MIGRATION_MS);
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      if (!/^\d{4}-[a-z0-9-]+\.sql$/.test(name)) throw new Error(`The name of migration ${name} is invalid: use NNNN-what-it-does.sql`);
      const text = await readFile(join(folder, name), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function outstanding(tx: Sql, migrations: Migration[], owner: string): Promise<Migration[]> {
  const ran = await tx.query<{ name: string; checksum: string }>(
    // Sorts as JavaScript does, in databases of every language.
    'select name, checksum from migrations where owner = $1 order by name collate "C"',
    [owner],
  );
  for (const [at, { name, checksum }] of ran.entries()) {
    const here = migrations[at];
    if (!here) break;
    if (here.name !== name)
      throw new Error(`Migration ${name} has run, but is missing or comes later now: add new migrations only at the end`);
    if (here.checksum !== checksum) throw new Error(`Migration ${name} was edited after it ran: undo the edit and add a new migration`);
  }
  return migrations.slice(ran.length);
}
