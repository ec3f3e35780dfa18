import { setTimeout as delay } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { startPostgres, startShop, type Postgres, type Shop, type ShopOptions } from '@waymark/local-stack';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { startReplicas } from '../replicas/start-replicas.ts';
import { fillShelf } from './books.ts';
import { Buyer } from './load.ts';

/** Turns off the gateway's limits per address, so that the load reaches the services behind it. */
export const NO_EDGE_LIMITS = { RATE_LIMIT_PER_SECOND: '1000000', CONNECTIONS_PER_ADDRESS: '1000000' };

/** A shop under attack, with its own database and trace store. */
export interface AttackedShop extends AsyncDisposable {
  shop: Shop;
  /** All replicas: the processes of the shop. */
  shops: readonly Shop[];
  postgres: Postgres;
  store: RunningTraceStore;
  /** A logged-in client that waits up to 30 s for an answer. */
  buyer: Buyer;
}

/** How to start a shop for an attack. */
export interface Setting {
  env?: NonNullable<ShopOptions['env']>;
  /** The folder for Postgres' data. Default: a temporary folder. */
  dataDir?: string;
  /** Puts a proxy between the services and Postgres: gets its URL and returns the proxy's. */
  wire?: (url: string) => Promise<string>;
  /** How many of each service run, behind HAProxy. Default: 1, without HAProxy. */
  replicas?: number;
  /** If given, parts that end are restarted as in `pnpm start`, and each restart is reported here. */
  onRestart?: (note: string) => void;
}

export async function startAttackedShop({ env = {}, dataDir, wire, replicas = 1, onRestart }: Setting = {}): Promise<AttackedShop> {
  await using undo = new AsyncDisposableStack();
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  undo.defer(() => store.close());
  const behind = wire && undo.use(await startPostgres());
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, ...env.all };
  const own = { durable: true, ...(dataDir && { dir: dataDir }) };
  const options = { env: { ...env, all, gateway: { ...NO_EDGE_LIMITS, ...env.gateway } }, ...(onRestart && { onRestart }) };
  const balanced = replicas > 1 ? undo.use(await startReplicas(replicas, { ...options, postgres: own })) : undefined;
  const shop = balanced?.shop ?? undo.use(await startShop({ ...options, postgres: behind ? await wire(behind.url) : own }));
  await fillShelf(shop);
  const buyer = undo.use(new Buyer(shop.urls.gateway));
  await buyer.logIn();
  const stop = undo.move();
  const postgres = (behind ?? balanced?.postgres ?? shop.postgres) as Postgres;
  return { shop, shops: balanced?.shops ?? [shop], postgres, store, buyer, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}

/** Waits for some seconds and reports it. */
export async function wait(seconds: number): Promise<void> {
  await delay(seconds * 1_000);
}

/**
 * Measures the memory of processes, in MiB, until it is stopped. Counts what a memory limit kills for: not the program's own code and files, which the
 * kernel can drop and read again. Only Linux reports it.
 */
export function watchMemory(pids: readonly number[]): { stop(): number[] } {
  const peaks = pids.map(() => 0);
  const measure = async (): Promise<void> => {
    for (const [at, pid] of pids.entries()) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      peaks[at] = Math.max(peaks[at] ?? 0, Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
    }
  };
  const timer = setInterval(() => void measure(), 200);
  return {
    stop() {
      clearInterval(timer);
      return peaks;
    },
  };
}
