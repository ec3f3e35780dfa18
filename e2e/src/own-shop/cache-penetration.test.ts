import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { until } from '@waymark/service-kit/testing/until';
import { readMetrics, valueOf } from '../shop/metrics.ts';
import { query } from '../shop/query.ts';
import { signatureHeader } from '../shop/signature.ts';
import { startOwnShop, type OwnShop } from './own-shop.ts';

jest.setTimeout(240_000);

const SECRET = 'a secret of this test';
const QUERY = 'SELECT products';
const LOOKUP = 'GET /products/{sku}';

let own: OwnShop;
beforeAll(async () => {
  own = await startOwnShop({
    all: { INTERNAL_SECRET: SECRET, OTEL_METRICS_EXPORTER: 'prometheus' },
    // No request is shed, and the cache outlives a test on a slow machine.
    inventory: { MAX_REQUESTS: '2000', PRODUCT_CACHE_SECONDS: '600', BLOOM_ERROR_RATE: '0.0005' },
  });
});
afterAll(async () => own?.[Symbol.asyncDispose]());

let asked = 0;

/** Asks inventory for a product, as the gateway does. Returns the status. */
async function lookUp(sku: string): Promise<number> {
  asked += 1;
  const path = `/products/${sku}`;
  const answer = await fetch(own.shop.urls.inventory + path, { headers: signatureHeader(SECRET, 'GET', path) });
  await answer.arrayBuffer();
  return answer.status;
}

/** How many traces have a span of inventory with this name and these attributes. */
async function tracesWith(operationName: string, attributes: Readonly<Record<string, string>> = {}): Promise<number> {
  const parameters = new URLSearchParams({
    'query.serviceName': 'inventory',
    'query.operationName': operationName,
    'query.attributes': JSON.stringify(attributes),
    'query.startTimeMin': new Date(0).toISOString(),
    'query.startTimeMax': new Date(Date.now() + 60_000).toISOString(),
    'query.searchDepth': '100000',
  });
  const { summaries } = (await (await fetch(`${own.tracesUrl}/api/v3/trace-summaries?${parameters.toString()}`)).json()) as {
    summaries: unknown[];
  };
  return summaries.length;
}

/** How many lookups were rejected, made a query, and got the result of an earlier one, by their spans; and how many queries there are. */
async function lookUps(): Promise<Record<'rejected' | 'missed' | 'hit' | 'queries', number>> {
  await until(
    () => tracesWith(LOOKUP),
    (arrived) => arrived === asked,
    `the spans of ${asked} lookups`,
    60_000,
  );
  const [rejected, missed, hit, queries] = await Promise.all([
    tracesWith(LOOKUP, { 'shop.bloom.rejected': 'true' }),
    tracesWith(LOOKUP, { 'shop.cache.hit': 'false' }),
    tracesWith(LOOKUP, { 'shop.cache.hit': 'true' }),
    tracesWith(QUERY),
  ]);
  return { rejected, missed, hit, queries };
}

/** The same lookups in the metrics. */
async function counted(): Promise<Record<'rejected' | 'hit' | 'miss' | 'false_positive', number>> {
  const samples = await readMetrics(own.shop.metrics!.inventory);
  const value = (result: string): number => valueOf(samples, 'shop_product_lookups_total', { shop_product_lookup_result: result }) ?? NaN;
  return { rejected: value('rejected'), hit: value('hit'), miss: value('miss'), false_positive: value('false_positive') };
}

test('of 10,000 lookups of unknown products at most 20 query the database, and spans and metrics say why the others did not', async () => {
  // The filter has room for 1,000 products: it is as full as it gets.
  const fill = `insert into products (sku, name, price_cents, position, available) select 'product-' || n, '', 1, n, 1 from generate_series(100, 1080) as n`;
  await query(own.shop.databases.inventory, fill);
  const [before, countedBefore] = [await lookUps(), await counted()];
  const statuses = new Set<number>();
  let next = 0;
  const ask = async (): Promise<void> => {
    while (next < 10_000) statuses.add(await lookUp(`unknown-${next++}`));
  };
  await Promise.all(Array.from({ length: 32 }, ask));
  expect([...statuses]).toEqual([404]);
  const after = await lookUps();
  const queries = after.queries - before.queries;
  expect(queries).toBeLessThanOrEqual(20);
  expect(after).toEqual({
    ...before,
    rejected: before.rejected + 10_000 - queries,
    missed: before.missed + queries,
    queries: after.queries,
  });
  expect(await counted()).toEqual({ ...countedBefore, rejected: after.rejected, false_positive: countedBefore.false_positive + queries });
  expect(valueOf(await readMetrics(own.shop.metrics!.inventory), 'shop_bloom_error_rate_ratio')).toBe(0.0005);
});

test('a stampede of 1,000 requests for one product makes one query', async () => {
  const [before, countedBefore] = [await lookUps(), await counted()];
  const statuses = await Promise.all(Array.from({ length: 1_000 }, () => lookUp('tea-pot')));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await lookUps()).toEqual({ ...before, missed: before.missed + 1, hit: before.hit + 999, queries: before.queries + 1 });
  expect(await counted()).toEqual({ ...countedBefore, miss: countedBefore.miss + 1, hit: countedBefore.hit + 999 });
});

test('a product that is added to the database is found, although it was unknown just before', async () => {
  expect(await lookUp('brass-lantern')).toBe(404);
  await query(
    own.shop.databases.inventory,
    `insert into products (sku, name, price_cents, position, available) values ('brass-lantern', 'Brass lantern', 100, 99, 5)`,
  );
  await until(
    () => lookUp('brass-lantern'),
    (status) => status === 200,
    'the new product',
  );
});
