import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { drainDetached, outside, shutdownTracing } from '@waymark/tracing';
import type Koa from 'koa';
import type { Logger } from 'pino';
import { closeClients } from './client.ts';
import { ConfigError } from './config.ts';
import { endsWithin } from './deadline.ts';
import { RequestLimit } from './limit.ts';
import { serviceLog } from './log.ts';
import { serviceServer, type Edge, type ServiceServer } from './server.ts';

/** A service, wired but not yet running. */
export interface Service {
  app: Koa;
  /** Resolves if the service can do its work now; rejects with the reason if not. */
  ready(): Promise<unknown>;
  listen: { HOST: string; PORT: number; LAME_DUCK_SECONDS: number };
  /** The limit that the app observes: a request beyond it is not even handed over. */
  limit?: RequestLimit;
  /** Set where callers from outside come in. */
  edge?: Edge;
  /** Before the first request: migrations, seeds, workers. */
  start?(): Promise<void>;
  /** Every hour and at the start: removes what has outlived its retention. */
  prune?(): Promise<void>;
  /** At the signal to stop: takes no more jobs, and lets those in hand end within `ms` milliseconds. */
  drain?(ms: number): Promise<void>;
  /** At the end: closes the database. */
  stop?(): Promise<void>;
}

// A stop takes at most LAME_DUCK_SECONDS (2) and the sum of these, in milliseconds, and the close of the port: 18 s. docker-compose.yml allows 20.
/** For requests in hand, and for jobs in hand beside them. */
const DRAIN_MS = 8_000;
/** For detached tasks, after the last request. */
const DETACHED_MS = 2_000;
/** For closing the connections to other services and to the database. */
const CLOSE_MS = 1_000;
/** For the last spans. */
const EXPORT_MS = 4_000;

const PRUNE_EVERY_MS = 3_600_000;

/**
 * Runs a service until SIGTERM or SIGINT, then stops it so that no request fails: it says that it is not ready while it still answers, for
 * LAME_DUCK_SECONDS; then takes no new connections, ends the requests, jobs and detached tasks in hand, and delivers its spans. The
 * process then ends by itself. A service that cannot start says why and ends with exit code 1.
 */
export async function run(name: string, wire: (log: Logger) => Service): Promise<void> {
  const log = serviceLog(name);
  const signal = stopSignal();
  try {
    await serve(wire(log), log, signal);
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof ConfigError) log.fatal(error.message);
    else log.fatal({ err: error }, `${name} cannot go on: ${reasonOf(error)}`);
  }
  await endsWithin(CLOSE_MS, closeClients());
  await shutdownTracing(EXPORT_MS);
  log.info('stopped');
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: unknown; message?: string } };
  if (cause?.code !== '28P01') return message;
  return `${cause.message}. Check DATABASE_URL or PGPASSWORD. A database keeps the password it was created with until you change it there.`;
}

async function serve(service: Service, log: Logger, signal: Promise<string>): Promise<void> {
  const stopPruning = new AbortController();
  try {
    await service.start?.();
    const pruning = outside(() => pruneHourly(service, log, stopPruning.signal));
    const server = await listen(service, log);
    log.info({ signal: await signal }, 'draining');
    stopPruning.abort();
    await Promise.all([drain(server, service.listen.LAME_DUCK_SECONDS, log), service.drain?.(DRAIN_MS), pruning]);
  } finally {
    stopPruning.abort();
    // At a failed start there may be workers, too.
    await service.drain?.(0);
    await endDetached(DETACHED_MS, log);
    await endsWithin(CLOSE_MS, service.stop?.());
  }
}

async function drain(server: ServiceServer, lameDuckSeconds: number, log: Logger): Promise<void> {
  server.announceStop();
  await delay(lameDuckSeconds * 1_000);
  const cutOff = await server.close(DRAIN_MS);
  if (cutOff > 0) log.warn({ requests: cutOff }, `requests still open after ${DRAIN_MS} ms were cut off`);
}

async function pruneHourly(service: Service, log: Logger, signal: AbortSignal): Promise<void> {
  while (service.prune && !signal.aborted) {
    await service.prune().catch((error: unknown) => log.warn({ err: error }, 'old rows could not be removed'));
    await delay(PRUNE_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** Waits for the detached tasks. They may need the database, so it is still open. */
async function endDetached(ms: number, log: Logger): Promise<void> {
  const names = await drainDetached(ms);
  if (names.length > 0) log.warn(`detached tasks still running after ${ms} ms were cut off: ${names.join(', ')}`);
}

/** Listens from the first moment, so that a signal during start-up is not lost. */
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
