import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { startShop } from '@waymark/local-stack';
import { tracesFrom } from '@waymark/trace-testing';
import { shopUnderTest } from '../shop/shop-under-test.ts';
import { Shopper, type Answer } from '../shop/shopper.ts';
import { until } from '../shop/until.ts';
import { below } from './below.ts';
import { CHARGE, DECLINED, FULFILLED_ORDER, INTROSPECT, placed, RELEASE } from './parts.ts';
import type { Scenario } from './scenario.ts';

/** What only a shop in trouble shows: that shop is the test's own, and exports to where the suite looks for traces. */
const OWN_SHOP = 'TRACES_OTLP_URL';

type Story = Record<'lost' | 'taker' | 'buried' | 'limited' | 'unreachable' | 'unplaced' | 'slow' | 'stranded', Answer>;

let told: Promise<Story> | undefined;
const story = (): Promise<Story> => (told ??= tell());

/** Everything that can go wrong behind one gateway, one thing after the other. */
async function tell(): Promise<Story> {
  const { otlp, traces, logs } = shopUnderTest();
  await using shop = await startShop({
    env: {
      all: { OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? '', OTEL_BSP_SCHEDULE_DELAY: '100' },
      gateway: { RATE_LIMIT_PER_SECOND: '200' },
      // The first order's reservation expires before it is paid, and the second's is still held then.
      order: { FULFILMENT_DELAY_SECONDS: '5', JOB_MAX_ATTEMPTS: '1' },
      inventory: { RESERVATION_TTL_SECONDS: '4' },
    },
    onLine: (service, line) => appendFileSync(join(logs ?? '', `${service}.log`), `${line}\n`),
  });
  const demo = new Shopper(shop.urls.gateway);
  await demo.logIn();

  const lost = await demo.place('last-lantern');
  await until(
    () => demo.available('last-lantern'),
    (available) => available === 1,
    'the reservation to expire',
  );
  const taker = await demo.place('last-lantern');
  await Promise.all([demo.ended(lost.body.id), demo.ended(taker.body.id)]);

  const buried = await demo.place('grand-piano');
  await until(
    () => tracesFrom(traces).now(buried),
    ({ spans }) => spans.some(({ service }) => service === 'inventory'),
    'inventory to export what it did',
  );
  await shop.kill('inventory', 'SIGSTOP');
  const slow = await demo.call('GET', '/v1/products', { headers: { 'x-timeout-ms': '300' } });
  await shop.kill('inventory', 'SIGKILL');
  const unreachable = await demo.call('GET', '/v1/products');
  const unplaced = await demo.place('desk-lamp');
  await until(
    async () => shop.lines('order').join('\n'),
    (log) => log.includes('a job failed for good'),
    'the dead letter',
  );
  await shop.kill('auth', 'SIGKILL');
  const stranded = await demo.call('GET', '/v1/orders');
  const limited = await tooMany(demo);
  return { lost, taker, buried, limited, unreachable, unplaced, slow, stranded };
}

async function tooMany(demo: Shopper): Promise<Answer> {
  const answers = await Promise.all(Array.from({ length: 400 }, () => demo.call('GET', '/v1/nothing')));
  const limited = answers.find(({ status }) => status === 429);
  if (!limited) throw new Error('400 requests at once were not too many');
  return limited;
}

const of = (what: keyof Story) => async (): Promise<Answer> => (await story())[what];

const REFUSED = 'ERROR error.type=ECONNREFUSED';
/** Who may repeat a request does so twice. */
const thrice = (attempt: string): string => `${attempt}\n${attempt}\n${attempt}`;

const COMMIT_LOST = `
order CLIENT POST /reservations/{orderId}/commit 409 ERROR
  inventory SERVER POST /reservations/{orderId}/commit 409 error.type=reservation_lost
    inventory CLIENT BEGIN
    inventory CLIENT SELECT reservations
    inventory CLIENT SELECT reservations
    inventory CLIENT SAVEPOINT
    inventory CLIENT UPDATE products
    inventory CLIENT ROLLBACK TO SAVEPOINT
    inventory CLIENT UPDATE reservations
    inventory CLIENT COMMIT`;

const LOST = `
order CONSUMER process fulfil_order waymark.job.attempt=1
  order CLIENT UPDATE orders
${below(1, CHARGE)}
${below(1, COMMIT_LOST)}
  order INTERNAL refund payment
    order CLIENT UPDATE payments
  order CLIENT BEGIN
  order CLIENT UPDATE orders
  order PRODUCER send release_stock
    order CLIENT SELECT graphile_worker.add_job
    order CONSUMER process release_stock waymark.job.attempt=1
      order CLIENT POST /reservations/{orderId}/release 200
        inventory SERVER POST /reservations/{orderId}/release 200
          inventory CLIENT BEGIN
          inventory CLIENT SELECT reservations
          inventory CLIENT SELECT reservations
          inventory CLIENT COMMIT
  order CLIENT COMMIT`;

const TAKEN_AGAIN = FULFILLED_ORDER.replace(
  /( +)inventory CLIENT UPDATE reservations/,
  '$1inventory CLIENT SAVEPOINT\n$1inventory CLIENT UPDATE products\n$&',
);

const UNRELEASED = DECLINED.replace(
  below(2, RELEASE),
  below(
    2,
    `
order CONSUMER process release_stock ERROR waymark.job.attempt=1 error.type=unavailable
${below(1, thrice(`order CLIENT POST /reservations/{orderId}/release ${REFUSED}`))}
order INTERNAL dead-letter release_stock
  order CLIENT INSERT dead_letters`,
  ),
);

const UNPLACED = `
gateway CLIENT POST /orders 503 ERROR
  order SERVER POST /orders 503 ERROR error.type=unavailable
    order CLIENT INSERT placements
    order CLIENT SELECT orders
${below(2, thrice(`order CLIENT POST /reservations ${REFUSED}`))}`;

export const trouble: Scenario[] = [
  {
    title: 'an order whose stock was held too long and sold to another is refunded and rejected',
    needs: OWN_SHOP,
    ask: of('lost'),
    status: 201,
    tree: placed(LOST),
    spans: [{ name: 'refund payment', attributes: { 'shop.payment.outcome': 'refunded' } }],
  },
  {
    title: 'an order that takes up a reservation that had expired',
    needs: OWN_SHOP,
    ask: of('taker'),
    status: 201,
    tree: TAKEN_AGAIN,
  },
  {
    title: 'stock that cannot be given back becomes a dead letter that one can see',
    needs: OWN_SHOP,
    ask: of('buried'),
    status: 201,
    tree: placed(UNRELEASED),
  },
  {
    title: 'one request too many',
    needs: OWN_SHOP,
    ask: of('limited'),
    status: 429,
    body: { code: 'rate_limited' },
    headers: { 'retry-after': '1' },
    tree: 'gateway SERVER GET 429 error.type=rate_limited',
  },
  {
    title: 'listing the products while inventory is dead',
    needs: OWN_SHOP,
    ask: of('unreachable'),
    status: 503,
    body: { code: 'unavailable' },
    tree: `gateway SERVER GET /v1/products 503 ERROR error.type=unavailable\n${below(1, thrice(`gateway CLIENT GET /products ${REFUSED}`))}`,
  },
  {
    title: 'placing an order while inventory is dead',
    needs: OWN_SHOP,
    ask: of('unplaced'),
    status: 503,
    body: { code: 'unavailable' },
    tree: `gateway SERVER POST /v1/orders 503 ERROR error.type=unavailable\n${below(1, INTROSPECT)}\n${below(1, thrice(UNPLACED.trim()))}`,
  },
  {
    title: 'listing the products while inventory does not answer in time',
    needs: OWN_SHOP,
    ask: of('slow'),
    status: 504,
    body: { code: 'deadline_exceeded' },
    completeness: 'structure',
    tree: `
gateway SERVER GET /v1/products 504 ERROR error.type=deadline_exceeded
  gateway CLIENT GET /products ERROR error.type=TimeoutError`,
    spans: [{ kind: 'CLIENT', attributes: { 'waymark.peer.unknown': true } }],
  },
  {
    title: 'listing one’s orders while auth is dead',
    needs: OWN_SHOP,
    ask: of('stranded'),
    status: 503,
    body: { code: 'unavailable' },
    tree: `
gateway SERVER GET /v1/orders 503 ERROR error.type=unavailable
${below(1, thrice(`gateway CLIENT POST /introspections ${REFUSED}`))}`,
  },
];
