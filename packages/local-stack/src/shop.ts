import { join } from 'node:path';
import { createDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { startPostgres, type Postgres, type PostgresOptions } from './postgres.ts';
import { Restarts } from './restarts.ts';
import { databaseOwners, serviceEnvironments, type DatabaseUrls, type Environment, type Urls } from './service-env.ts';
import { serviceNames, type ServiceName } from './service.ts';
import { Services } from './services.ts';
import { lastLines, StartError } from './start-error.ts';

/** Longer than a service may take to stop (packages/service-kit/src/lifecycle.ts); it usually takes a fraction of a second. */
const DRAIN_MS = 17_000;
const POSTGRES_STOP_MS = 1_500;

export interface ShopOptions {
  /** How to start Postgres, or the superuser URL of a running one. Without it: a throw-away one. */
  postgres?: PostgresOptions | string;
  /** Ports on 127.0.0.1; a free one for each service not named. */
  ports?: Partial<Record<ServiceName, number>>;
  /** Environment for every service (`all`) or for one. */
  env?: Partial<Record<ServiceName | 'all', Environment>>;
  /** The workspace whose `services/<name>/src/main.ts` are started. */
  root?: string;
  /** Told of each part that has become ready, how long it took from its own start, and its version or address. */
  onStep?: (part: string, ms: number, detail: string) => void;
  /** Told of each line a service writes. */
  onLine?: (name: ServiceName, line: string) => void;
  /** Services that are not started. */
  without?: readonly ServiceName[];
  /**
   * Starts a service or Postgres again when it ends without having been told to, on the same port and data, after a wait that doubles from 0.5 s
   * to 10 s. It is told what ended and what is ready again. Without it, such an end settles `crashed`.
   */
  onRestart?: (note: string) => void;
  /** Ends the start: what runs is stopped, and the reason thrown. */
  signal?: AbortSignal;
}

export interface Shop extends AsyncDisposable {
  readonly urls: Urls;
  readonly databases: DatabaseUrls;
  /** Undefined if the caller gave a running one. */
  readonly postgres: Postgres | undefined;
  /** Settles only if a service or Postgres ends without having been told to by `kill`, `restart` or `close`, and `onRestart` is not given. */
  readonly crashed: Promise<StartError>;
  /** The process of a service, if it was started. */
  pid(name: ServiceName): number | undefined;
  /** What a service has written since its last start, at most 2000 lines. */
  lines(name: ServiceName): readonly string[];
  /** Sends a signal to a service and, if it is one that ends it, resolves when it is gone. */
  kill(name: ServiceName, signal: NodeJS.Signals): Promise<void>;
  /** Stops a service if it still runs, starts it on the same port, and resolves when it is ready. */
  restart(name: ServiceName): Promise<void>;
  /** Stops everything, the services within 17 s; with `force` at once. */
  close(options?: { force?: boolean }): Promise<void>;
}

/**
 * Starts the whole shop, Postgres and the four services as child processes, and resolves when all are ready.
 * Throws a StartError that names cause and mend; whatever had been started is stopped again.
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
  const environments = serviceEnvironments(urls, databases, options.env ?? {});
  const services = new Services({ root, urls, environments, onLine, restarts, signal });
  undo.defer(() => services.stopAll(DRAIN_MS));
  // Undone before the services are stopped, so that none of them comes back.
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
  return runningShop({ urls, databases, postgres, services, restarts });
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
  postgres: Postgres | undefined;
  services: Services;
  restarts: Restarts | undefined;
}

function runningShop({ urls, databases, postgres, services, restarts }: Parts): Shop {
  const crash = Promise.withResolvers<StartError>();
  void services.crashed.then(crash.resolve);
  let closing = false;
  const watch = async (server: Postgres): Promise<void> => {
    for (;;) {
      const how = await server.child.ended;
      if (closing) return;
      if (!restarts) return crash.resolve(new StartError(`Postgres ${how}. ${lastLines(server.child.lines())}`));
      await restarts.revive('Postgres', how, () => server.restart());
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
