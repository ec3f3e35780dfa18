import { outside } from '@waymark/context';
import pg from 'pg';
import type { Logger } from 'pino';
import { deadlineExceeded, remainingMs, withFreshDeadline } from './deadline.ts';
import { atQuery } from './faults.ts';
import { observePools } from './pool-metrics.ts';
import { Problem } from './problem.ts';

/** Runs SQL: the database, or a transaction in it. */
export interface Sql {
  /** Runs one statement with its parameters and returns the rows. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction: all of its statements take effect, or none. */
export interface Transaction extends Sql {
  /** Runs `fn` after the commit, and never after a rollback. */
  afterCommit(fn: () => void): void;
}

/** A bounded pool of connections to a service's own database. */
export interface Connections extends Sql {
  /**
   * Runs `fn` in a transaction, which is committed when `fn` resolves and rolled back when it rejects.
   * @param statementMs how long a statement in it may take, if 3 s are not enough
   */
  transaction<T>(fn: (tx: Transaction) => Promise<T>, statementMs?: number): Promise<T>;
  readonly pool: pg.Pool;
}

/** A service's own database. */
export interface Database extends Connections {
  /**
   * A few connections that requests cannot use. They serve the readiness check, LISTEN, and the job worker's polling and heartbeat. They go
   * directly to Postgres, because a connection pooler gives each transaction another connection, and LISTEN needs one of its own.
   */
  readonly control: Connections;
  /** Runs `fn` with a pool of one connection, directly to Postgres, whose statements may take `MIGRATION_MS`: for the migrations of a library. */
  migrating<T>(fn: (pool: pg.Pool) => Promise<T>): Promise<T>;
  /** Resolves if the database answers. */
  ready(): Promise<void>;
  /** Waits until no connection is in use, then closes all of them. */
  close(): Promise<void>;
}

/** Where the database is, as `database` in config.ts reads it. */
export interface DatabaseConfig {
  DATABASE_URL: string;
  DATABASE_DIRECT_URL?: string | undefined;
  DATABASE_CONNECTIONS?: number | undefined;
}

const CONNECTIONS = 10;
const CONTROL_CONNECTIONS = 6;

/** How long to wait for a connection, in milliseconds. */
const CONNECT_MS = 8_000;
/** The server cancels a statement after this time. */
const STATEMENT_MS = 3_000;
/** How long a statement of a migration may take, and the wait for another process that migrates, in milliseconds. */
export const MIGRATION_MS = 3_600_000;
/** A connection that doesn't even report the cancelled statement is dead. */
const SILENCE_MS = STATEMENT_MS + 1_000;
/** The control connections run only short statements. */
const CONTROL_SILENCE_MS = 2_500;
/** How long a rollback may take. The deadline doesn't limit it, because the transaction may have failed at the deadline. */
const ROLLBACK_MS = 2_000;

/**
 * Opens the database. It connects when a connection is needed. Every wait has a time limit, and the deadline of the current request applies
 * too. Calls reject with a `Problem`: 503 `unavailable` if the database cannot be reached, stops answering or has no space left, and 504 at
 * the deadline. Errors in the statement itself are a `pg.DatabaseError`.
 * @param place its URL, or a service's configuration
 */
export function openDatabase(place: string | DatabaseConfig, log: Logger): Database {
  const {
    DATABASE_URL: url,
    DATABASE_DIRECT_URL: direct = url,
    DATABASE_CONNECTIONS: max = CONNECTIONS,
  } = typeof place === 'string' ? { DATABASE_URL: place } : place;
  const main = connections(url, max, STATEMENT_MS, SILENCE_MS, log);
  const control = connections(direct, CONTROL_CONNECTIONS, STATEMENT_MS, CONTROL_SILENCE_MS, log);
  observePools({ main: main.pool, control: control.pool });
  return {
    ...main,
    control,
    migrating: async (fn) => {
      const { pool } = connections(direct, 1, MIGRATION_MS, MIGRATION_MS, log);
      try {
        return await fn(pool);
      } finally {
        await pool.end();
      }
    },
    ready: async () => void (await control.query('select 1')),
    close: async () => void (await Promise.all([main.pool.end(), control.pool.end()])),
  };
}

function connections(connectionString: string, max: number, statementMs: number, silenceMs: number, log: Logger): Connections {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementMs,
    query_timeout: silenceMs,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // The pool replaces a broken connection, and its running statement rejects, so there is nothing to do here. The error holds the whole client: log only its message.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'a database connection was lost'));
  const trusted = new TrustedConnections(pool, log);
  return {
    pool,
    query: async (text, values = []) => withClient(trusted, (client) => rows(client, text, values)),
    transaction: (fn, statementMs) => withClient(trusted, (client) => transaction(client, fn, log, statementMs)),
  };
}

/**
 * Takes connections from the pool, except those that may be dead. When one connection stops answering, after a failover or because a NAT
 * dropped it, the others that were open at that time are probably dead too. They are replaced at once instead of failing one by one.
 */
class TrustedConnections {
  readonly #pool: pg.Pool;
  readonly #answeredAt = new WeakMap<pg.PoolClient, number>();
  #suspectUntil = -Infinity;

  constructor(pool: pg.Pool, log: Logger) {
    this.#pool = pool;
    pool.on('connect', (client) => {
      client.on('error', () => undefined);
      watchSilence(client, () => {
        log.warn('a database connection stopped answering; replacing all open connections');
        this.#suspectUntil = performance.now();
      });
    });
    pool.on('release', (_, client) => this.#answeredAt.set(client, performance.now()));
  }

  async take(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await connect(this.#pool);
      if ((this.#answeredAt.get(client) ?? Infinity) > this.#suspectUntil) return client;
      client.release(true);
    }
  }
}

/** Closes a connection that did not answer a statement, and calls `onSilence`. The pool then drops the connection. */
function watchSilence(client: pg.PoolClient, onSilence: () => void): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]): unknown => {
    const answer = query(...args);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (!hasTimedOut(error)) return;
        cutOff(client);
        // A statement with a shorter timeout of its own hit the request's deadline. That says nothing about the connection.
        if (!(args[0] as TimedQuery | undefined)?.query_timeout) onSilence();
      });
    }
    return answer;
  };
  client.query = watched as typeof client.query;
}

/** `end` alone would wait for the server to answer; destroying the socket alone would let the pool hand the client out again. */
function cutOff(client: pg.PoolClient): void {
  const whole = client as unknown as { connection: { stream: { destroy(): void } }; end(): Promise<void> };
  whole.end().catch(() => undefined);
  whole.connection.stream.destroy();
}

/** The types of pg lack this option. */
type TimedQuery = pg.QueryConfig & { query_timeout?: number };

/** This error of pg has no code. */
function hasTimedOut(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

async function withClient<T>(trusted: TrustedConnections, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await trusted.take();
  try {
    return await fn(client);
  } finally {
    client.release();
  }
}

/**
 * Gets a connection before the deadline. It is opened outside the request's context: the socket outlives the request and would carry that
 * context into everything that happens on it later.
 */
async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  const ms = remainingMs();
  if (ms <= 0) throw deadlineExceeded('The database');
  const connecting = outside(() => pool.connect()).catch((error: unknown) => {
    throw unavailable(error);
  });
  if (ms > CONNECT_MS) return connecting;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(deadlineExceeded('The database'));
    // The caller has given up, so the connection goes back to the pool.
    connecting.then((client) => client.release()).catch(() => undefined);
  }, ms);
  try {
    return await Promise.race([connecting, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function rows<Row>(client: pg.PoolClient, text: string, values: readonly unknown[], statementMs = STATEMENT_MS): Promise<Row[]> {
  const ms = Math.min(remainingMs(), statementMs + SILENCE_MS - STATEMENT_MS);
  if (ms <= 0) throw deadlineExceeded('The database');
  try {
    const query: TimedQuery = { text, values: [...values], ...(ms !== SILENCE_MS && { query_timeout: Math.ceil(ms) }) };
    const result = await atQuery(text, client, () => client.query(query));
    return result.rows as Row[];
  } catch (error) {
    if (hasTimedOut(error) && remainingMs() <= 0) throw deadlineExceeded('The database', error);
    throw isUnavailability(error) ? unavailable(error) : error;
  }
}

/**
 * Whether the database is unavailable, as opposed to the statement being wrong: a broken connection, or SQLSTATE class 08 (connection),
 * 53 (resources, including a full disk), 57 (shutdown, cancelled statements) or 58 (system errors).
 */
function isUnavailability(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^(08|53|57|58|25P03)/.test(error.code ?? '');
  if (!(error instanceof Error)) return false;
  return 'syscall' in error || hasTimedOut(error) || /connection (terminated|error)|not queryable/i.test(error.message);
}

function unavailable(cause: unknown): Problem {
  const full = cause instanceof pg.DatabaseError && cause.code === '53100';
  const detail = full ? 'The database has no space left; nothing was stored.' : 'The database cannot be reached now.';
  return new Problem(503, 'unavailable', detail, {}, { cause });
}

async function transaction<T>(client: pg.PoolClient, fn: (tx: Transaction) => Promise<T>, log: Logger, statementMs?: number): Promise<T> {
  const committed: (() => void)[] = [];
  let result: T;
  await rows(client, 'BEGIN', []);
  try {
    if (statementMs !== undefined) await rows(client, `set local statement_timeout = ${statementMs}`, []);
    result = await fn({
      query: (text, values = []) => rows(client, text, values, statementMs),
      afterCommit: (then) => void committed.push(then),
    });
    await rows(client, 'COMMIT', []);
  } catch (error) {
    // If the rollback fails too, the connection is broken and the server rolls back by itself.
    await withFreshDeadline(ROLLBACK_MS, () => rows(client, 'ROLLBACK', [])).catch(() => undefined);
    throw error;
  }
  for (const then of committed) {
    try {
      then();
    } catch (error) {
      // The transaction is already committed, so the caller must not see this error.
      log.error({ err: error }, 'an afterCommit function failed');
    }
  }
  return result;
}
