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
  /** Where the data is kept, one running Postgres at a time. Without it the data lives in a temporary folder until `close`. */
  dir?: string;
  /** On 127.0.0.1; a free one if not given. */
  port?: number;
  /** False: faster, but an operating system crash may destroy the data. True if `dir` is given, false if not. */
  durable?: boolean;
}

export interface Postgres extends AsyncDisposable {
  /** Connects to the database `postgres` as superuser, password included. */
  readonly url: string;
  readonly version: string;
  /** The process of the last start. */
  readonly child: Child;
  /** Starts it again on the same data and port after it ended. Throws a StartError, as the first start does. */
  restart(): Promise<void>;
  /** Stops it, at the latest after `graceMs` (default 2000) in the hard way, from which the next start recovers. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Starts a real Postgres as a child process and resolves when it accepts connections. A Postgres left on `dir` by an earlier run is stopped first.
 * Throws a StartError that names cause and mend: port in use, disk full, no permission, data of another major version, no way to leave root.
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
      ...settings(options.durable ?? !temporary),
    ];
    let closed = false;
    let running: Child | undefined;
    const run = async (): Promise<Child> => {
      // Set before it is ready, so that `close` also stops one that is still starting.
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

const settings = (durable: boolean) =>
  [
    'listen_addresses=127.0.0.1',
    // The path of a socket has to be short; the data may lie anywhere.
    'unix_socket_directories=',
    'lc_messages=C',
    'jit=off',
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
