import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface Database extends AsyncDisposable {
  readonly url: string;
  /** Removes the database, even if clients are connected. */
  drop(): Promise<void>;
}

/** Creates the database `name` on the server of `adminUrl`, if it does not exist. */
export async function createDatabase(adminUrl: string, name: string): Promise<Database> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  });
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const drop = () =>
    withClient(adminUrl, async (client) => {
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    });
  return { url: url.href, drop, [Symbol.asyncDispose]: drop };
}

/** Creates an empty database for a test, on the Postgres that this package's Jest global setup started. */
export async function testDatabase(): Promise<Database> {
  const adminUrl = process.env['TEST_POSTGRES_URL'];
  if (!adminUrl) {
    throw new Error('TEST_POSTGRES_URL is not set. Spread @waymark/local-stack/jest-preset into jest.config.js.');
  }
  return await createDatabase(adminUrl, `test_${randomBytes(8).toString('hex')}`);
}

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
