import type { Product } from '@waymark/contracts';
import { deadlineExceeded, endsWithin, Problem, remainingMs, type Database, type Logger } from '@waymark/service-kit';
import { activeTraceId, annotate } from '@waymark/tracing';
import { LRUCache } from 'lru-cache';
import { BLOOM_REJECTED, CACHE_HIT, CACHE_QUERIED_IN } from './attributes.ts';
import { findProduct } from './inventory-db.ts';
import { KnownSkus } from './known-skus.ts';
import { countLookup, observeErrorRate, type LookupResult } from './product-metrics.ts';

/** A query for a product. */
interface Lookup {
  readonly product: Promise<Product | undefined>;
  readonly traceId: string | undefined;
  isDone: boolean;
}

const MOST_CACHED = 10_000;
/** A request never waits as long. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Looks up products, with few queries (docs/rfcs/0001-cache-penetration.md). Most unknown SKUs are rejected without a query. Of all requests for one
 * SKU within `cacheSeconds`, one queries the database, whether or not the product exists.
 */
export class Products {
  readonly #db: Database;
  readonly #known: KnownSkus;
  readonly #lookups: LRUCache<string, Lookup>;

  /** @param errorRate the share of unknown SKUs that is not rejected */
  constructor(db: Database, log: Logger, { cacheSeconds, errorRate }: { cacheSeconds: number; errorRate: number }) {
    this.#db = db;
    this.#lookups = new LRUCache({ max: MOST_CACHED, ttl: Math.ceil(cacheSeconds * 1_000) });
    this.#known = new KnownSkus(db, log, errorRate, (sku) => this.forget(sku));
    observeErrorRate(errorRate);
  }

  /** Until it is started, no SKU is rejected. */
  start(): Promise<void> {
    return this.#known.start();
  }

  stop(): Promise<void> {
    return this.#known.stop();
  }

  /** Finds a product, with the stock that it had at most `cacheSeconds` ago. */
  async find(sku: string): Promise<Product | undefined> {
    if (!this.#known.mayExist(sku)) return found('rejected', undefined, { [BLOOM_REJECTED]: true });
    const lookup = this.#lookups.get(sku);
    if (!lookup) {
      const product = await this.#query(sku);
      return found(product ? 'miss' : 'false_positive', product, { [CACHE_HIT]: false });
    }
    if (lookup.isDone) return found('hit', await lookup.product, { [CACHE_HIT]: true });
    try {
      const inTime = await endsWithin(Math.min(remainingMs(), LONGEST_WAIT_MS), lookup.product);
      if (!inTime) throw deadlineExceeded('The database');
      return found('hit', await lookup.product, { [CACHE_HIT]: true, ...(lookup.traceId && { [CACHE_QUERIED_IN]: lookup.traceId }) });
    } catch (error) {
      // The other request had less time than this one.
      if (error instanceof Problem && error.code === 'deadline_exceeded' && remainingMs() > 0) return this.find(sku);
      throw error;
    }
  }

  /** Makes the next request for a product query the database: its stock has changed, or it is new. */
  forget(sku: string): void {
    this.#lookups.delete(sku);
  }

  async #query(sku: string): Promise<Product | undefined> {
    const lookup: Lookup = { product: findProduct(this.#db, sku), traceId: activeTraceId(), isDone: false };
    this.#lookups.set(sku, lookup);
    try {
      return await lookup.product;
    } catch (error) {
      if (this.#lookups.get(sku) === lookup) this.forget(sku);
      throw error;
    } finally {
      lookup.isDone = true;
    }
  }
}

/** Says on the span of the request, and in the metrics, where its answer came from. Every lookup that does not fail passes here once. */
function found(result: LookupResult, product: Product | undefined, from: Readonly<Record<string, boolean | string>>): Product | undefined {
  annotate(from);
  countLookup(result);
  return product;
}
