import { join } from 'node:path';
import { createDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { startPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
import { Restarts } from './restarts.ts';
import { databaseOwners, serviceEnvironments, servesMetrics, type DatabaseUrls, type Environment, type Urls } from './service-env.ts';
import { serviceNames, type ServiceName } from './service.ts';
import { Services } from './services.ts';
import { lastLines, StartError } from './start-error.ts';

/** Longer than a service may take to stop (packages/service-kit/src/lifecycle.ts). Usually it takes a fraction of a second. */
const DRAIN_MS = 17_000;
const POSTGRES_STOP_MS = 1_500;

export interface ShopOptions {
  /** How to start Postgres, or the superuser URL of a running one. Default: a temporary Postgres. */
  postgres?: PostgresOptions | string;
  /** Ports on 127.0.0.1. Default: a free one for each service. */
  ports?: Partial<Record<ServiceName, number>>;
  /** Environment for every service (`all`) or for one. */
  env?: Partial<Record<ServiceName | 'all', Environment>>;
  /** The workspace with the files `services/<name>/src/main.ts` to start. */
  root?: string;
  /** Called when a part is ready, with the time since its start and its version or address. */
  onStep?: (part: string, ms: number, detail: string) => void;
  /** Called for each line that a service writes. */
  onLine?: (name: ServiceName, line: string) => void;
  /** Services that are not started. */
  without?: readonly ServiceName[];
  /**
   * If given, a service or Postgres that ends by itself is restarted with the same port and data, after a delay that doubles from 0.5 s to
   * 10 s. It is called with one line for each end and each restart. If not given, such an end resolves `crashed`.
   */
  onRestart?: (note: string) => void;
  /** Cancels the start: stops everything that runs and throws the reason. */
  signal?: AbortSignal;
}

export interface Shop extends AsyncDisposable {
  readonly urls: Urls;
  readonly databases: DatabaseUrls;
  /** The base URLs of `/metrics`, if OTEL_METRICS_EXPORTER names Prometheus. */
  readonly metrics: Urls | undefined;
  /** Undefined if the caller provided a running Postgres. */
  readonly postgres: Postgres | undefined;
  /** Resolves if a service or Postgres ends by itself, not by `kill`, `restart` or `close`, and `onRestart` is not given. */
  readonly crashed: Promise<StartError>;
  /** The process of a service, if it was started. */
  pid(name: ServiceName): number | undefined;
  /** The output of a service since its last start, at most 2000 lines. */
  lines(name: ServiceName): readonly string[];
  /** Sends a signal to a service. If the signal ends the service, resolves when it has ended. */
  kill(name: ServiceName, signal: NodeJS.Signals): Promise<void>;
  /** Stops a service if it still runs, starts it on the same port, and resolves when it is ready. */
  restart(name: ServiceName): Promise<void>;
  /** Stops everything: the services within 17 s, or at once with `force`. */
  close(options?: { force?: boolean }): Promise<void>;
}

/**
 * Starts the whole shop, Postgres and the four services as child processes, and resolves when all are ready. If a part cannot start, stops
 * the others and throws a StartError with the cause and how to fix it.
 */
export async function startShop(options: ShopOptions = {}): Promise<Shop> {
  await using undo = new AsyncDisposableStack();
  const { onLine, onRestart, signal, without = [], root = join(import.meta.dirname, '../../..') } = options;
  const steps = stopwatch(options);
  const restarts = onRestart && new Restarts(onRestart);

  const given = options.postgres ?? {};
  const postgres = typeof given === 'string' ? undefined : undo.use(await startPostgres(given));
  if (postgres) steps.done('postgres', postgres.version);

  steps.begin();
  const databases = await createDatabases(postgres?.url ?? (given as string));
  steps.done('databases', databaseOwners.join(', '));

  const urls = await chooseUrls(options.ports ?? {});
  const metrics = servesMetrics({ ...process.env, ...options.env?.all }) ? await chooseUrls({}) : undefined;
  const environments = serviceEnvironments(urls, databases, options.env ?? {}, metrics);
  const services = new Services({ root, urls, environments, onLine, restarts, signal });
  undo.defer(() => services.stopAll(DRAIN_MS));
  // Runs before the services are stopped, so that none of them is restarted.
  undo.defer(() => restarts?.stop());
  const started = serviceNames.filter((name) => !without.includes(name));
  steps.begin();
  await Promise.all(
    started.map(async (name) => {
      await services.start(name);
      steps.done(name, urls[name]);
    }),
  );
  undo.move();
  return runningShop({ urls, databases, metrics, postgres, services, restarts });
}

function stopwatch({ onStep, signal }: ShopOptions) {
  let begun = performance.now();
  return {
    begin: () => (begun = performance.now()),
    done(part: string, detail: string) {
      signal?.throwIfAborted();
      onStep?.(part, performance.now() - begun, detail);
    },
  };
}

interface Parts {
  urls: Urls;
  databases: DatabaseUrls;
  metrics: Urls | undefined;
  postgres: Postgres | undefined;
  services: Services;
  restarts: Restarts | undefined;
}

function runningShop({ urls, databases, metrics, postgres, services, restarts }: Parts): Shop {
  const crash = Promise.withResolvers<StartError>();
  void services.crashed.then(crash.resolve);
  let closing = false;
  const watch = async (server: Postgres): Promise<void> => {
    for (;;) {
      const how = await server.child.ended;
      if (closing) return;
      if (!restarts) return crash.resolve(new StartError(`Postgres ${how}. ${lastLines(server.child.lines())}`));
      await restarts.restart('Postgres', how, () => server.restart());
    }
  };
  if (postgres) void watch(postgres);

  const close: Shop['close'] = async ({ force = false } = {}) => {
    closing = true;
    restarts?.stop();
    await (force ? services.killAll() : services.stopAll(DRAIN_MS));
    await postgres?.close(force ? 0 : POSTGRES_STOP_MS);
  };
  return {
    urls,
    databases,
    metrics,
    postgres,
    crashed: crash.promise,
    pid: (name) => services.pid(name),
    lines: (name) => services.lines(name),
    kill: (name, signal) => services.kill(name, signal),
    restart: (name) => services.restart(name, DRAIN_MS),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

async function createDatabases(adminUrl: string): Promise<DatabaseUrls> {
  const created = await Promise.all(databaseOwners.map(async (name) => [name, (await createDatabase(adminUrl, name)).url]));
  return Object.fromEntries(created) as DatabaseUrls;
}

async function chooseUrls(ports: Partial<Record<ServiceName, number>>): Promise<Urls> {
  const chosen = await Promise.all(serviceNames.map(async (name) => [name, `http://127.0.0.1:${ports[name] ?? (await freePort())}`]));
  return Object.fromEntries(chosen) as Urls;
}
