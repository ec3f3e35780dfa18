import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { drainDetached, shutdownTracing } from '@waymark/tracing';
import type Koa from 'koa';
import type { Logger } from 'pino';
import { closeClients } from './client.ts';
import { ConfigError } from './config.ts';
import type { Health } from './health.ts';
import { serviceLog } from './log.ts';

/** A service, wired but not yet running. */
export interface Service {
  app: Koa;
  health: Health;
  listen: { HOST: string; PORT: number };
  /** Before the first request: migrations, seeds, workers. */
  start?(): Promise<void>;
  /** After the last request: workers, then the database. */
  stop?(): Promise<void>;
}

/** How long requests in flight may take to end once the service drains, in milliseconds. */
const DRAIN_MS = 8_000;

/** How long the detached tasks may take to end after the last request, in milliseconds. */
const DETACHED_MS = 3_000;

/**
 * Runs a service until SIGTERM or SIGINT, then drains it: no new connections, requests in flight are answered, detached tasks and jobs end,
 * spans are delivered; the process then ends by itself. A service that cannot start says why and ends with exit code 1.
 */
export async function run(name: string, wire: (log: Logger) => Service): Promise<void> {
  const log = serviceLog(name);
  const signal = stopSignal();
  try {
    await serve(wire(log), log, signal);
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof ConfigError) log.fatal(error.message);
    else log.fatal({ err: error }, `${name} cannot go on: ${(error as Error).message}`);
  }
  await closeClients();
  await shutdownTracing();
  log.info('stopped');
}

async function serve(service: Service, log: Logger, signal: Promise<string>): Promise<void> {
  try {
    await service.start?.();
    const server = await listen(service, log);
    log.info({ signal: await signal }, 'draining');
    await drain(server, service.health, log);
  } finally {
    await endDetached(DETACHED_MS, log);
    await service.stop?.();
    // What the last jobs have detached: the database is closed.
    await endDetached(0, log);
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

async function listen({ app, listen: { HOST, PORT } }: Service, log: Logger): Promise<Server> {
  const answer = app.callback();
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 },
    (req, res) => void answer(req, res),
  );
  server.maxConnections = 2_000;
  server.listen(PORT, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  log.info({ port }, `listening on http://${HOST}:${port}`);
  return server;
}

async function drain(server: Server, health: Health, log: Logger): Promise<void> {
  health.draining = true;
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => {
    log.warn(`requests still open after ${DRAIN_MS} ms were cut off`);
    server.closeAllConnections();
  }, DRAIN_MS);
  await closed;
  clearTimeout(timer);
}
