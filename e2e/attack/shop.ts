import { setTimeout as delay } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { startPostgres, startShop, type Postgres, type Shop, type ShopOptions } from '@waymark/local-stack';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { fillShelf } from './books.ts';
import { Buyer } from './load.ts';

/** The edge lets one address do as much as it likes, so that what is behind it is attacked. */
export const OPEN_DOOR = { RATE_LIMIT_PER_SECOND: '1000000', CONNECTIONS_PER_ADDRESS: '1000000' };

/** A shop under attack, with what it needs, all of it its own. */
export interface AttackedShop extends AsyncDisposable {
  shop: Shop;
  postgres: Postgres;
  store: RunningTraceStore;
  /** Somebody who is logged in, and waits up to 30 s for an answer. */
  buyer: Buyer;
}

/** How a shop is started for an attack. */
export interface Setting {
  env?: NonNullable<ShopOptions['env']>;
  /** Where Postgres keeps its data; a temporary folder if not given. */
  dataDir?: string;
  /** What stands between the services and Postgres: gets its URL and returns another. */
  wire?: (url: string) => Promise<string>;
  /** Told of each part that is started again, as `pnpm start` does. Without it, no part is. */
  onRestart?: (note: string) => void;
}

export async function startAttackedShop({ env = {}, dataDir, wire, onRestart }: Setting = {}): Promise<AttackedShop> {
  await using undo = new AsyncDisposableStack();
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  undo.defer(() => store.close());
  const behind = wire && undo.use(await startPostgres());
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, ...env.all };
  const shop = undo.use(
    await startShop({
      postgres: behind ? await wire(behind.url) : { durable: true, ...(dataDir && { dir: dataDir }) },
      env: { ...env, all, gateway: { ...OPEN_DOOR, ...env.gateway } },
      ...(onRestart && { onRestart }),
    }),
  );
  await fillShelf(shop);
  const buyer = undo.use(new Buyer(shop.urls.gateway));
  await buyer.logIn();
  const stop = undo.move();
  return { shop, postgres: (behind ?? shop.postgres) as Postgres, store, buyer, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}

/** Waits for some seconds, saying so. */
export async function wait(seconds: number): Promise<void> {
  await delay(seconds * 1_000);
}

/** The most memory that a process has had, in MiB; only Linux says it. */
export async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}
