import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { drainDetached, outside } from '@waymark/context';
import { shutdownTracing } from '@waymark/tracing';
import type Koa from 'koa';
import type { Logger } from 'pino';
import { closeClients } from './client.ts';
import { ConfigError } from './config.ts';
import { endsWithin, withDeadline } from './deadline.ts';
import { allowFaults } from './faults.ts';
import { RequestLimit } from './limit.ts';
import { serviceLog } from './log.ts';
import { serviceServer, type Edge, type ServiceServer } from './server.ts';

/** A service, wired but not yet running. */
export interface Service {
  app: Koa;
  /** Resolves if the service can do its work now; rejects with the reason if not. */
  ready(): Promise<unknown>;
  listen: { HOST: string; PORT: number; LAME_DUCK_SECONDS: number };
  /** The limit that the app uses. The server rejects further requests before they reach the app. */
  limit?: RequestLimit;
  /** Set for the service that receives requests from outside. */
  edge?: Edge;
  /** Runs before `start`: migrations. With the argument `--migrate` the process ends after it. */
  migrate?(): Promise<void>;
  /** Runs before the first request: seeds, workers. */
  start?(): Promise<void>;
  /** Runs at the start and then every hour: removes rows that are older than their retention. */
  prune?(): Promise<void>;
  /** Runs at the signal to stop: takes no more jobs, and waits at most `ms` milliseconds for those in progress. */
  drain?(ms: number): Promise<void>;
  /** Runs at the end: closes the database. */
  stop?(): Promise<void>;
}

// A stop takes at most 18 s: LAME_DUCK_SECONDS (2), closing the port, and the sum of these times. docker-compose.yml allows 20 s.
/** For the requests and, at the same time, the jobs in progress. */
const DRAIN_MS = 8_000;
/** For detached tasks, after the last request. */
const DETACHED_MS = 2_000;
/** For closing the connections to other services and to the database. */
const CLOSE_MS = 1_000;
/** For the last spans. */
const EXPORT_MS = 4_000;

const PRUNE_EVERY_MS = 3_600_000;

/**
 * Runs a service until SIGTERM or SIGINT, then stops it without failing a request. For LAME_DUCK_SECONDS the service says that it is not
 * ready, but still answers. Then it closes its port, finishes the requests, jobs and detached tasks in progress, and exports its spans. The
 * process then ends by itself. A service that cannot start logs the reason and ends with exit code 1. `node src/main.ts --migrate` only migrates
 * the database.
 */
export async function run(name: string, wire: (log: Logger) => Service): Promise<void> {
  const log = serviceLog(name);
  const signal = stopSignal();
  try {
    await allowFaults(name, log);
    await serve(wire(log), log, signal);
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof ConfigError) log.fatal(error.message);
    else log.fatal({ err: error }, `${name} failed: ${reasonOf(error)}`);
  }
  await endsWithin(CLOSE_MS, closeClients());
  await shutdownTracing(EXPORT_MS);
  log.info('stopped');
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: unknown; message?: string } };
  if (cause?.code !== '28P01') return message;
  return `${cause.message}. Check DATABASE_URL or PGPASSWORD. A database keeps its first password until you change it in the database.`;
}

async function serve(service: Service, log: Logger, signal: Promise<string>): Promise<void> {
  const stopPruning = new AbortController();
  try {
    await service.migrate?.();
    if (process.argv.includes('--migrate')) return log.info('the database is migrated');
    await service.start?.();
    const pruning = outside(() => pruneHourly(service, log, stopPruning.signal));
    const server = await listen(service, log);
    log.info({ signal: await signal }, 'draining');
    stopPruning.abort();
    await Promise.all([drain(server, service.listen.LAME_DUCK_SECONDS, log), service.drain?.(DRAIN_MS), pruning]);
  } finally {
    stopPruning.abort();
    // After a failed start, workers may be running.
    await service.drain?.(0);
    await endDetached(DETACHED_MS, log);
    await endsWithin(CLOSE_MS, service.stop?.());
  }
}

async function drain(server: ServiceServer, lameDuckSeconds: number, log: Logger): Promise<void> {
  server.announceStop();
  await delay(lameDuckSeconds * 1_000);
  const aborted = await server.close(DRAIN_MS);
  if (aborted > 0) log.warn({ requests: aborted }, `aborted requests that were still open after ${DRAIN_MS} ms`);
}

async function pruneHourly(service: Service, log: Logger, signal: AbortSignal): Promise<void> {
  while (service.prune && !signal.aborted) {
    const pruned = withDeadline(PRUNE_EVERY_MS, service.prune.bind(service), signal);
    await pruned.catch((error: unknown) => signal.aborted || log.warn({ err: error }, 'could not remove old rows'));
    await delay(PRUNE_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Waits for the detached tasks. They may need the database, so this runs before it is closed. */
async function endDetached(ms: number, log: Logger): Promise<void> {
  const names = await drainDetached(ms);
  if (names.length > 0) log.warn(`gave up on detached tasks that were still running after ${ms} ms: ${names.join(', ')}`);
}

/** Called first, so that a signal during the start is not lost. */
async function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

async function listen(service: Service, log: Logger): Promise<ServiceServer> {
  const { HOST, PORT } = service.listen;
  const answer = service.app.callback();
  const gate = {
    listener: (...[request, response]: Parameters<typeof answer>) => void answer(request, response),
    ready: () => service.ready(),
    limit: service.limit ?? new RequestLimit(Infinity),
    edge: service.edge,
  };
  const opened = serviceServer(gate, log);
  opened.server.listen(PORT, HOST);
  await once(opened.server, 'listening');
  const { port } = opened.server.address() as AddressInfo;
  log.info({ port }, `listening on http://${HOST}:${port}`);
  return opened;
}
