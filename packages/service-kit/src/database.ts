import pg from 'pg';
import type { Logger } from 'pino';
import { Problem } from './problem.ts';

/** Something that runs SQL: the database, or a transaction in it. */
export interface Sql {
  /** Runs one statement with its parameters, and gives the rows. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction: all of it, or nothing. */
export interface Transaction extends Sql {
  /** Runs `fn` once it is committed; never if it is rolled back. */
  afterCommit(fn: () => void): void;
}

/** A bounded pool of connections to a service's own database. */
export interface Database extends Sql {
  /** Runs `fn` in a transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Waits for the connections in use, then closes all. */
  close(): Promise<void>;
  readonly pool: pg.Pool;
}

/** Opens the pool; connections are made as they are needed. A database that cannot be reached is a `Problem` 503. */
export function openDatabase(url: string, log: Logger): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 8_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 5_000,
    idle_in_transaction_session_timeout: 10_000,
  });
  // A connection that breaks is replaced at the next use; a statement that was running on it rejects as well. The error holds the whole client.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'a database connection was lost'));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    pool,
    query: async (text, values = []) => withClient(pool, (client) => rows(client, text, values)),
    transaction: (fn) => withClient(pool, (client) => transaction(client, fn)),
    close: () => pool.end(),
  };
}

async function withClient<T>(pool: pg.Pool, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new Problem(503, 'unavailable', 'The database cannot be reached now.', {}, { cause: error });
  });
  try {
    return await fn(client);
  } finally {
    client.release();
  }
}

async function rows<Row>(client: pg.PoolClient, text: string, values: readonly unknown[]): Promise<Row[]> {
  const result = await client.query(text, [...values]);
  return result.rows as Row[];
}

async function transaction<T>(client: pg.PoolClient, fn: (tx: Transaction) => Promise<T>): Promise<T> {
  const committed: (() => void)[] = [];
  let result: T;
  await client.query('BEGIN');
  try {
    result = await fn({ query: (text, values = []) => rows(client, text, values), afterCommit: (then) => void committed.push(then) });
    await client.query('COMMIT');
  } catch (error) {
    // If even this fails the connection is broken, and the server rolls back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  for (const then of committed) then();
  return result;
}
