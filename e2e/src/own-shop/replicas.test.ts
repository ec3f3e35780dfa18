import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, startPostgres, startShop, type Shop } from '@waymark/local-stack';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom, type Traces } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { until } from '@waymark/service-kit/testing/until';
import { countOf, query } from '../shop/query.ts';
import { Shopper } from '../shop/shopper.ts';

/** Three of each service on one Postgres. Each gateway calls the services that were started with it. */
let shops: Shop[];
let shoppers: Shopper[];
let traces: Traces;
const undo = new AsyncDisposableStack();

beforeAll(async () => {
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  undo.defer(() => store.close());
  traces = tracesFrom(store.url);
  const postgres = undo.use(await startPostgres());
  for (const name of ['auth', 'inventory', 'order']) await createDatabase(postgres.url, name);
  const env = { all: { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '100' } };
  // All migrate the same new databases at the same time.
  shops = await Promise.all([1, 2, 3].map(async () => undo.use(await startShop({ postgres: postgres.url, env }))));
  shoppers = shops.map(({ urls }) => new Shopper(urls.gateway));
}, 120_000);
afterAll(() => undo.disposeAsync(), 60_000);

const [inventory, order] = (['inventory', 'order'] as const).map((name) => () => shops[0]!.databases[name]);

test('a session of one replica is valid at the others, until one of them ends it', async () => {
  const { body } = await shoppers[0]!.logIn();
  for (const shopper of shoppers) shopper.token = body.token;
  const list = () => Promise.all(shoppers.map(async (one) => (await one.call('GET', '/v1/orders')).status));
  expect(await list()).toEqual([200, 200, 200]);
  expect(await shoppers[1]!.call('DELETE', '/v1/sessions/current')).toMatchObject({ status: 204 });
  expect(await list()).toEqual([401, 401, 401]);
});

test('failed log-ins count at all replicas together', async () => {
  const email = `${randomUUID()}@waymark.test`;
  const guesses = shoppers.flatMap((shopper) => Array.from({ length: 4 }, () => shopper.tryToLogIn(email, 'guess')));
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(7);
});

test('the same order, sent to all replicas at once, is placed once', async () => {
  await Promise.all(shoppers.map((shopper) => shopper.logIn()));
  const key = randomUUID();
  const answers = await Promise.all([...shoppers, ...shoppers].map((shopper) => shopper.place('tea-pot', 1, key)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  const id = answers[0]!.body.id;
  await shoppers[0]!.ended(id);
  expect(await countOf(inventory!(), 'select sum(quantity)::int as count from reservation_lines where order_id = $1', [id])).toBe(1);
  for (const answer of answers) expect(await traces.of(answer, { timeoutMs: 20_000 })).toBeComplete();
});

test('a new product is found at all replicas, although they have just answered that it does not exist', async () => {
  const sku = `new-${randomUUID()}`;
  const find = () => Promise.all(shoppers.map(async (one) => (await one.call('GET', `/v1/products/${sku}`)).status));
  expect(await find()).toEqual([404, 404, 404]);
  await query(inventory!(), `insert into products values ($1, 'New', 100, 99, 1)`, [sku]);
  await until(find, (statuses) => statuses.every((status) => status === 200), 'all replicas to know the new product', 5_000);
});

test('the jobs of a killed replica are done by the others within seconds', async () => {
  const [first, other] = shoppers;
  await Promise.all([first!.logIn(), other!.logIn()]);
  // All its answers are late, so the first replica of order dies with jobs in hand.
  const placed = await Promise.all(Array.from({ length: 30 }, () => first!.place('field-notebook')));
  await shops[0]!.kill('order', 'SIGKILL');
  expect(placed.map(({ status }) => status)).toEqual(placed.map(() => 201));
  const killedAt = performance.now();
  for (const { body } of placed) expect(await other!.ended(body.id)).toMatchObject({ status: 'fulfilled' });
  expect(performance.now() - killedAt).toBeLessThan(15_000);
  // A job is done a moment after its order.
  await until(
    () => countOf(order!(), 'select count(*)::int from graphile_worker._private_jobs where locked_at is not null'),
    (locked) => locked === 0,
    'no job to be held',
  );
}, 60_000);
