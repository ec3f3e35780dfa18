import { outside } from '@waymark/tracing';
import pg from 'pg';
import type { Logger } from 'pino';
import { deadlineExceeded, remainingMs, withFreshDeadline } from './deadline.ts';
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
export interface Connections extends Sql {
  /** Runs `fn` in a transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(fn: (tx: Transaction) => Promise<T>): Promise<T>;
  readonly pool: pg.Pool;
}

/** A service's own database. */
export interface Database extends Connections {
  /** A few connections that requests cannot take: for readiness, and for the job worker's LISTEN, polling and heartbeat. */
  readonly control: Connections;
  /** Resolves if the database answers. */
  ready(): Promise<void>;
  /** Waits for the connections in use, then closes all. */
  close(): Promise<void>;
}

const CONNECTIONS = 10;
const CONTROL_CONNECTIONS = 5;

/** How long to wait for a connection, in milliseconds. */
const CONNECT_MS = 8_000;
/** The server cancels a statement after this time. */
const STATEMENT_MS = 3_000;
/** A connection that has not even said that the statement was cancelled is dead. */
const SILENCE_MS = STATEMENT_MS + 1_000;
/** The control connections run short statements only. */
const CONTROL_SILENCE_MS = 2_500;
/** How long a rollback may take. It is not bound by the deadline: the deadline may be what failed the transaction. */
const ROLLBACK_MS = 2_000;

/**
 * Opens the database; connections are made as they are needed. Every wait is bounded, also by the deadline of the request at hand.
 * Calls reject with a `Problem`: 503 `unavailable` if the database cannot be reached, stops answering, or has no space left; 504 when the
 * request's time is over. What the database says of the statement itself is a `pg.DatabaseError`.
 */
export function openDatabase(url: string, log: Logger): Database {
  const main = connections(url, CONNECTIONS, SILENCE_MS, log);
  const control = connections(url, CONTROL_CONNECTIONS, CONTROL_SILENCE_MS, log);
  return {
    ...main,
    control,
    ready: async () => void (await control.query('select 1')),
    close: async () => void (await Promise.all([main.pool.end(), control.pool.end()])),
  };
}

function connections(connectionString: string, max: number, silenceMs: number, log: Logger): Connections {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_MS,
    query_timeout: silenceMs,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A connection that breaks is replaced at the next use; a statement that was running on it rejects as well. The error holds the whole client.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'a database connection was lost'));
  const trusted = new TrustedConnections(pool, log);
  return {
    pool,
    query: async (text, values = []) => withClient(trusted, (client) => rows(client, text, values)),
    transaction: (fn) => withClient(trusted, (client) => transaction(client, fn, log)),
  };
}

/**
 * Takes connections from the pool, but none that may have been cut silently. When one connection stops answering, as after a failover or
 * when a NAT forgets it, the others that were open then are likely dead too: they are replaced, not tried one by one.
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
        log.warn('a database connection stopped answering; the others are replaced as well');
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

/** Cuts a connection off on which a statement had no answer at all, and says so. The pool then drops it. */
function watchSilence(client: pg.PoolClient, onSilence: () => void): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const watched = (...args: unknown[]): unknown => {
    const answer = query(...args);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        if (!hasTimedOut(error)) return;
        cutOff(client);
        // With a shorter time of its own it was the request that could not wait.
        if (!(args[0] as TimedQuery | undefined)?.query_timeout) onSilence();
      });
    }
    return answer;
  };
  client.query = watched as typeof client.query;
}

/** `end` alone would wait for an answer to its good-bye; destroying the socket alone would let the pool hand it out once more. */
function cutOff(client: pg.PoolClient): void {
  const whole = client as unknown as { connection: { stream: { destroy(): void } }; end(): Promise<void> };
  whole.end().catch(() => undefined);
  whole.connection.stream.destroy();
}

/** The types of pg leave this option out. */
type TimedQuery = pg.QueryConfig & { query_timeout?: number };

/** pg gives this error no code. */
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
 * A connection within the time that is left. It is made outside of the request at hand: its socket outlives that request, and would hand
 * the request's context to everything that happens on it later.
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
    // Nobody waits for it any more.
    connecting.then((client) => client.release()).catch(() => undefined);
  }, ms);
  try {
    return await Promise.race([connecting, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function rows<Row>(client: pg.PoolClient, text: string, values: readonly unknown[]): Promise<Row[]> {
  const ms = remainingMs();
  if (ms <= 0) throw deadlineExceeded('The database');
  try {
    const query: TimedQuery = { text, values: [...values], ...(ms < SILENCE_MS && { query_timeout: Math.ceil(ms) }) };
    const result = await client.query(query);
    return result.rows as Row[];
  } catch (error) {
    if (hasTimedOut(error) && remainingMs() <= 0) throw deadlineExceeded('The database', error);
    throw isUnavailability(error) ? unavailable(error) : error;
  }
}

/**
 * Whether an error says that the database is away, too busy or full, and not that the statement was wrong: SQLSTATE classes 08 (connection),
 * 53 (resources, a full disk too), 57 (shutdown, cancelled statements) and 58 (system errors), or a connection that broke.
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

async function transaction<T>(client: pg.PoolClient, fn: (tx: Transaction) => Promise<T>, log: Logger): Promise<T> {
  const committed: (() => void)[] = [];
  let result: T;
  await rows(client, 'BEGIN', []);
  try {
    result = await fn({ query: (text, values = []) => rows(client, text, values), afterCommit: (then) => void committed.push(then) });
    await rows(client, 'COMMIT', []);
  } catch (error) {
    // If even this fails the connection is broken, and the server rolls back by itself.
    await withFreshDeadline(ROLLBACK_MS, () => rows(client, 'ROLLBACK', [])).catch(() => undefined);
    throw error;
  }
  for (const then of committed) {
    try {
      then();
    } catch (error) {
      // The transaction is committed, whatever happens here: its caller must not be told otherwise.
      log.error({ err: error }, 'what should follow a commit failed');
    }
  }
  return result;
}
