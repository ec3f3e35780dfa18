import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type Child } from './child.ts';
import { dataIn, prepareDataDirectory, stopLeftover } from './data-directory.ts';
import { freePort } from './free-port.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { fileFailure, postgresFailure } from './postgres-failure.ts';
import { StartError } from './start-error.ts';
import { unprivileged } from './unprivileged.ts';

export interface PostgresOptions {
  /** The folder of the data; only one Postgres at a time may run on it. Without it, the data is in a temporary folder that `close` removes. */
  dir?: string;
  /** The port on 127.0.0.1. Default: a free one. */
  port?: number;
  /** False is faster, but a crash of the operating system may destroy the data. Default: true if `dir` is given, else false. */
  durable?: boolean;
  /** How many connections it accepts. Default: 100. */
  maxConnections?: number;
}

export interface Postgres extends AsyncDisposable {
  /** The URL of the database `postgres` as superuser, including the password. */
  readonly url: string;
  readonly version: string;
  /** The process of the latest start. */
  readonly child: Child;
  /** Restarts Postgres with the same data and port after it ended. Throws a StartError if it cannot start. */
  restart(): Promise<void>;
  /** Stops Postgres. After `graceMs` (default 2000) it is killed; the next start then recovers the data. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts a real Postgres as a child process and resolves when it accepts connections. It first stops a Postgres that an earlier run left on
 * `dir`. Throws a StartError with the cause and how to fix it: port in use, disk full, no permission, data of another major version, or no
 * way to run as a user other than root.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const temporary = options.dir === undefined;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'waymark-postgres-')));
  try {
    const binaries = await postgresBinaries();
    const user = unprivileged();
    await stopLeftover(dir);
    const password = await prepareDataDirectory(dir, binaries.initdb, user);
    const port = options.port ?? (await freePort());
    const [file = '', ...args] = [
      ...user.prefix,
      binaries.postgres,
      '-D',
      dataIn(dir),
      '-p',
      String(port),
      ...settings(options.durable ?? !temporary, options.maxConnections ?? 100),
    ];
    let closed = false;
    let running: Child | undefined;
    const run = async (): Promise<Child> => {
      // Set before Postgres is ready, so that `close` can also stop it while it starts.
      const { child, ready } = launch(file, args, dir);
      running = child;
      await ready;
      return child;
    };
    const version = versionIn(await run());
    const close = async (graceMs = 2_000) => {
      closed = true;
      await running?.stop('SIGINT', graceMs, 'SIGQUIT');
      if (temporary) await rm(dir, { recursive: true, force: true });
    };
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      version,
      get child() {
        return running as Child;
      },
      async restart() {
        await stopLeftover(dir);
        if (closed) throw new StartError('Postgres was closed.');
        await run();
      },
      close,
      [Symbol.asyncDispose]: () => close(),
    };
  } catch (error) {
    if (temporary) await rm(dir, { recursive: true, force: true });
    throw fileFailure(error);
  }
}

const settings = (durable: boolean, maxConnections: number) =>
  [
    'listen_addresses=127.0.0.1',
    // No Unix socket: its path must be short, and the path of the data may be long.
    'unix_socket_directories=',
    'lc_messages=C',
    'jit=off',
    `max_connections=${maxConnections}`,
    'wal_level=minimal',
    'max_wal_senders=0',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ].flatMap((setting) => ['-c', setting]);

function launch(file: string, args: string[], dir: string): { child: Child; ready: Promise<void> } {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const onLine = (line: string) => line.includes('ready to accept connections') && resolve();
  const child = startChild(file, args, { cwd: '/', env: { PATH: process.env['PATH'] }, guardSignal: 'INT', onLine });
  const failed = child.ended.then((how) => {
    throw postgresFailure('postgres', how, child.lines(), dir);
  });
  return { child, ready: Promise.race([ready, failed]) };
}

const versionIn = (child: Child): string => /starting PostgreSQL (\S+)/.exec(child.lines().join('\n'))?.[1] ?? '';
