import { randomBytes } from 'node:crypto';
import { createDatabase, freePort, Restarts, startPostgres, startShop } from '@waymark/local-stack';
import type { Postgres, PostgresOptions, ServiceName, Shop, ShopOptions } from '@waymark/local-stack';
import { startHaproxy } from './haproxy.ts';

const NAMES: readonly ServiceName[] = ['auth', 'inventory', 'order', 'gateway'];
const OWNERS: readonly ServiceName[] = ['auth', 'inventory', 'order'];

/** What one of each service may open: 10 and 6 for each of three databases. */
const CONNECTIONS = 48;

/** Several of each service on one Postgres, behind HAProxy. */
export interface Replicas extends AsyncDisposable {
  /** The first replica, but with the addresses of the balancer. */
  readonly shop: Shop;
  readonly postgres: Postgres;
  /** One of each service in each of them. */
  readonly shops: readonly Shop[];
}

export type ReplicasOptions = Pick<ShopOptions, 'env' | 'onRestart' | 'onLine'> & { postgres?: PostgresOptions };

/**
 * Starts `count` of each service at the same time on a new database, so they also migrate it at the same time. They call each other through
 * the balancer.
 * @throws {CannotRun} if HAProxy is not installed
 */
export async function startReplicas(
  count: number,
  { env = {}, onRestart, onLine, postgres: options }: ReplicasOptions = {},
): Promise<Replicas> {
  await using undo = new AsyncDisposableStack();
  const ports = await Promise.all(NAMES.map(async (name) => [name, await freePort()] as const));
  const urls = Object.fromEntries(ports.map(([name, port]) => [name, `http://127.0.0.1:${port}`])) as Shop['urls'];
  const postgres = undo.use(await startPostgres({ ...options, maxConnections: count * CONNECTIONS + 20 }));
  if (onRestart) undo.use(keepRunning(postgres, onRestart));
  for (const owner of OWNERS) await createDatabase(postgres.url, owner);
  const places = {
    all: { INTERNAL_SECRET: randomBytes(32).toString('hex'), LAME_DUCK_SECONDS: '2', ...env.all },
    order: { INVENTORY_URL: urls.inventory, ...env.order },
    gateway: { AUTH_URL: urls.auth, ORDER_URL: urls.order, INVENTORY_URL: urls.inventory, TRUST_PROXY: '1', ...env.gateway },
  };
  const shops: Shop[] = [];
  undo.defer(async () => void (await Promise.all(shops.map((shop) => shop.close()))));
  const start = async (): Promise<void> => {
    shops.push(
      await startShop({ postgres: postgres.url, env: { ...env, ...places }, ...(onRestart && { onRestart }), ...(onLine && { onLine }) }),
    );
  };
  await Promise.all(Array.from({ length: count }, start));
  undo.use(await startHaproxy(ports.map(([name, port]) => ({ name, port, replicas: shops.map((shop) => shop.urls[name]) }))));
  const shop: Shop = { ...shops[0]!, urls };
  const stop = undo.move();
  return { shop, postgres, shops, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}

/** Restarts Postgres when it ends, as a shop does with its own. */
function keepRunning(postgres: Postgres, onRestart: (note: string) => void): Disposable {
  const restarts = new Restarts(onRestart);
  let isOver = false;
  void (async () => {
    for (;;) {
      const how = await postgres.child.ended;
      if (isOver) return;
      await restarts.restart('Postgres', how, () => postgres.restart());
    }
  })();
  return {
    [Symbol.dispose]() {
      isOver = true;
      restarts.stop();
    },
  };
}
