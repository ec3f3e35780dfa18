import { setTimeout as delay } from 'node:timers/promises';
import { outside } from '@waymark/context';
import { endsWithin, type Database, type Logger, type Sql } from '@waymark/service-kit';
import { countProducts, listenForProducts, nextSkus } from './inventory-db.ts';
import { SkuFilter } from './sku-filter.ts';

/** Forgets products that were deleted, and finds those that came without a notification. Also shows whether the connection still answers. */
const REBUILD_MS = 60_000;
const RETRY_MS = 1_000;
const STOP_MS = 1_000;
/** How many SKUs are read at once. */
const PAGE = 10_000;
const LEAST_CAPACITY = 1_000;

/**
 * Knows which SKUs may exist, from a Bloom filter in memory. The database notifies it of each new product, and it rebuilds the filter from time to
 * time. While it has no connection for notifications, it says of every SKU that it may exist.
 */
export class KnownSkus {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #errorRate: number;
  /** Called with each new SKU. */
  readonly #onAdded: (sku: string) => void;
  readonly #stopping = new AbortController();
  #filter: SkuFilter | undefined;
  /** The filter that is being built. */
  #next: SkuFilter | undefined;
  #outgrown = new AbortController();
  #ended: Promise<void> | undefined;

  constructor(db: Database, log: Logger, errorRate: number, onAdded: (sku: string) => void) {
    this.#db = db;
    this.#log = log;
    this.#errorRate = errorRate;
    this.#onAdded = onAdded;
  }

  /** False if no product has this SKU. */
  mayExist(sku: string): boolean {
    return this.#filter?.mayHave(sku) ?? true;
  }

  /** Resolves when the filter is built, or could not be built at once. */
  async start(): Promise<void> {
    const tried = Promise.withResolvers<void>();
    this.#ended = outside(() => this.#follow(tried.resolve));
    await tried.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await endsWithin(STOP_MS, this.#ended);
  }

  async #follow(tried: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#listen(tried).catch((error: unknown) => this.#log.warn({ err: error }, 'cannot listen for new products'));
      tried();
      await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Ends when the connection is lost. */
  async #listen(built: () => void): Promise<void> {
    const client = await this.#db.control.pool.connect();
    const lost = new AbortController();
    client.on('notification', ({ payload = '' }) => this.#add(payload));
    // Notifications are lost from then on.
    lost.signal.addEventListener('abort', () => (this.#filter = undefined));
    client.once('end', () => lost.abort());
    const sql: Sql = {
      query: async <Row>(text: string, values: readonly unknown[] = []) => (await client.query(text, [...values])).rows as Row[],
    };
    try {
      // It listens first: what is inserted while the filter is built is notified.
      await listenForProducts(sql);
      while (!lost.signal.aborted && !this.#stopping.signal.aborted) {
        await this.#build(sql);
        built();
        const due = AbortSignal.any([lost.signal, this.#stopping.signal, this.#outgrown.signal]);
        await delay(REBUILD_MS, undefined, { signal: due, ref: false }).catch(() => undefined);
      }
    } finally {
      lost.abort();
      client.release(true);
    }
  }

  async #build(sql: Sql): Promise<void> {
    const next = new SkuFilter(Math.max(LEAST_CAPACITY, 2 * (await countProducts(sql))), this.#errorRate);
    this.#next = next;
    this.#outgrown = new AbortController();
    let page: string[] = [''];
    do {
      page = await nextSkus(sql, page.at(-1) ?? '', PAGE);
      for (const sku of page) next.add(sku);
    } while (page.length === PAGE);
    this.#filter = next;
    this.#next = undefined;
  }

  #add(sku: string): void {
    for (const filter of [this.#filter, this.#next]) filter?.add(sku);
    if (this.#filter?.isFull) this.#outgrown.abort();
    this.#onAdded(sku);
  }
}
