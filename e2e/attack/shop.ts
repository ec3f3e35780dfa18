import { setTimeout as delay } from 'node:timers/promises';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startShop, type Postgres, type Shop, type ShopOptions } from '@waymark/local-stack';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-store';
import { fillShelf } from './books.ts';
import { Buyer } from './load.ts';

/** The edge lets one address do as much as it likes, so that what is behind it is attacked. */
export const OPEN_DOOR = { RATE_LIMIT_PER_SECOND: '1000000', CONNECTIONS_PER_ADDRESS: '1000000' };

/** A shop under attack, with what it needs, all of it its own. */
export interface AttackedShop extends AsyncDisposable {
  shop: Shop;
  store: RunningTraceStore;
  /** Somebody who is logged in, and waits up to 30 s for an answer. */
  buyer: Buyer;
  /** Kills Postgres, and starts it again on the same data and port. */
  killPostgres(): Promise<void>;
  /** The process that all of Postgres's others descend from. */
  postgresPid(): number;
}

/** How a shop is started for an attack. */
export interface Setting {
  env?: NonNullable<ShopOptions['env']>;
  /** Where Postgres keeps its data; a temporary folder if not given. */
  dataDir?: string;
  /** What stands between the services and Postgres: gets its URL and returns another. */
  wire?: (url: string) => Promise<string>;
}

export async function startAttackedShop({ env = {}, dataDir, wire }: Setting = {}): Promise<AttackedShop> {
  await using undo = new AsyncDisposableStack();
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  undo.defer(() => store.close());
  const dir = dataDir ?? (await mkdtemp(join(tmpdir(), 'waymark-attack-')));
  if (dataDir === undefined) undo.defer(() => rm(dir, { recursive: true, force: true }));
  let postgres: Postgres = await startPostgres({ dir });
  undo.defer(() => postgres.close());
  const url = wire ? await wire(postgres.url) : postgres.url;
  const all = { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, ...env.all };
  const shop = undo.use(await startShop({ postgres: url, env: { ...env, all, gateway: { ...OPEN_DOOR, ...env.gateway } } }));
  await fillShelf(shop);
  const buyer = undo.use(new Buyer(shop.urls.gateway));
  await buyer.logIn();
  const stop = undo.move();
  return {
    shop,
    store,
    buyer,
    postgresPid: () => postgres.child.pid ?? 0,
    async killPostgres() {
      postgres.child.kill('SIGKILL');
      await postgres.child.ended;
      postgres = await startPostgres({ dir, port: Number(new URL(postgres.url).port) });
    },
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
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
