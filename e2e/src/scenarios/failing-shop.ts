import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '@waymark/contracts';
import { startShop, type Shop } from '@waymark/local-stack';
import type { Trace } from '@waymark/trace-model';
import { tracesFrom } from '@waymark/trace-testing';
import { allTraces } from '../shop/all-traces.ts';
import { query } from '../shop/query.ts';
import { shopUnderTest } from '../shop/shop-under-test.ts';
import { Shopper, type Answer } from '../shop/shopper.ts';
import { signatureHeader } from '../shop/signature.ts';
import { until } from '@waymark/service-kit/testing/until';

const SECRET = randomBytes(32).toString('hex');

/** Required for scenarios with failures: they use their own shop, which exports to the trace store of the suite. */
export const OWN_SHOP = 'TRACES_OTLP_URL';

/** A trace, and the traces that it must link to. */
export interface LinkedTrace {
  traceId: string;
  linkedTo: string[];
}

/** Requests to the failing shop. */
export type FailedRequest =
  | 'reservationLost'
  | 'reservationRenewed'
  | 'stockNotReleased'
  | 'stockNotCommitted'
  | 'rateLimited'
  | 'productsWithoutInventory'
  | 'orderWithoutInventory'
  | 'inventoryTimeout'
  | 'ordersWithoutAuth';
/** Traces that do not start with a request of a shopper. */
type Background = 'audit' | 'expiry' | 'report' | 'deadLetters' | 'replayedOrder' | 'replayedRelease';
type Results = Record<FailedRequest, Answer> & Record<Background, LinkedTrace>;

let results: Promise<Results> | undefined;
/** Starts the failing shop at the first call. Returns the responses and traces of all failures. */
export const failingShop = (): Promise<Results> => (results ??= causeFailures());

/** Starts a shop, causes one failure after the other, and stops it. */
async function causeFailures(): Promise<Results> {
  const { otlp, traces, logs } = shopUnderTest();
  await using shop = await startShop({
    env: {
      all: { INTERNAL_SECRET: SECRET, OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? '', OTEL_BSP_SCHEDULE_DELAY: '100' },
      gateway: { RATE_LIMIT_PER_SECOND: '120' },
      // The reservation of the first order expires before it is paid. The second order takes the stock before that.
      order: { FULFILMENT_DELAY_SECONDS: '5', JOB_MAX_ATTEMPTS: '1' },
      inventory: { RESERVATION_TTL_SECONDS: '4', STOCK_REPORT_SECONDS: '1' },
    },
    onLine: (service, line) => appendFileSync(join(logs ?? '', `${service}.log`), `${line}\n`),
  });
  const demo = new Shopper(shop.urls.gateway);
  const login = await demo.logIn();
  const audit = { traceId: await linkedTrace(traces, login), linkedTo: [login.traceId] };

  const reservationLost = await demo.place('last-lantern');
  await until(
    () => demo.available('last-lantern'),
    (available) => available === 1,
    'the reservation to expire',
  );
  const reservationRenewed = await demo.place('last-lantern');
  await Promise.all([demo.ended(reservationLost.body.id), demo.ended(reservationRenewed.body.id)]);
  const expiry = { traceId: await logged(shop, 'a reservation expired', reservationLost.body.id), linkedTo: [reservationLost.traceId] };
  // Nothing else has been sold yet.
  const report = { traceId: await logged(shop, 'stock report'), linkedTo: [reservationRenewed.traceId] };

  const [stockNotReleased, stockNotCommitted] = await Promise.all([demo.place('grand-piano'), demo.place('wool-blanket')]);
  for (const answer of [stockNotReleased, stockNotCommitted]) {
    await until(
      () => tracesFrom(traces).now(answer),
      // The SERVER span is the last one that inventory ends for a request.
      ({ spans }) => spans.some(({ service, kind }) => service === 'inventory' && kind === 'SERVER'),
      'inventory to export its spans',
    );
  }
  await breakInventory(shop, 'rename to reservations_away');
  await until(
    async () => shop.lines('order').filter((line) => line.includes('a job failed for good')),
    ({ length }) => length === 2,
    'the dead letters',
  );
  await breakInventory(shop, 'rename to reservations', 'reservations_away');
  const replays = await replay(shop, demo, { stockNotCommitted, stockNotReleased });

  // Inventory must have exported its spans before it is killed.
  await Promise.all([replays.replayedOrder, replays.replayedRelease].map((trace) => tracesFrom(traces).of(trace)));

  await shop.kill('inventory', 'SIGSTOP');
  const [inventoryTimeout, rateLimited] = await Promise.all([demo.call('GET', '/v1/products'), exceedRateLimit(demo)]);
  await shop.kill('inventory', 'SIGKILL');
  const productsWithoutInventory = await demo.call('GET', '/v1/products');
  const orderWithoutInventory = await demo.place('desk-lamp');
  await shop.kill('auth', 'SIGKILL');
  const ordersWithoutAuth = await demo.call('GET', '/v1/orders');
  return {
    reservationLost,
    reservationRenewed,
    stockNotReleased,
    stockNotCommitted,
    rateLimited,
    productsWithoutInventory,
    orderWithoutInventory,
    inventoryTimeout,
    ordersWithoutAuth,
    audit,
    expiry,
    report,
    ...replays,
  };
}

interface Letters {
  items: { messageId: string; payload: { orderId: string } }[];
}

type Orders = Record<'stockNotCommitted' | 'stockNotReleased', Answer<Order>>;
type Replays = Pick<Results, 'deadLetters' | 'replayedOrder' | 'replayedRelease'>;

/** Renames a table of inventory, so that its queries fail, or renames it back. */
const breakInventory = ({ databases }: Shop, how: string, table = 'reservations'): Promise<unknown> =>
  query(databases.inventory, `alter table ${table} ${how}`);

/** Replays both dead letters when inventory works again. */
async function replay(shop: Shop, demo: Shopper, { stockNotCommitted, stockNotReleased }: Orders): Promise<Replays> {
  for (const { body } of [stockNotReleased, stockNotCommitted]) await logged(shop, 'a reservation expired', body.id);
  const letters = await asOperator<Letters>(shop, 'GET', '/dead-letters');
  const replayed = async (answer: Answer<Order>): Promise<LinkedTrace> => {
    const letter = letters.body.items.find(({ payload }) => payload.orderId === answer.body.id);
    const { traceId } = await asOperator(shop, 'POST', `/dead-letters/${letter?.messageId}/replay`);
    return { traceId, linkedTo: [answer.traceId] };
  };
  const [replayedOrder, replayedRelease] = [await replayed(stockNotCommitted), await replayed(stockNotReleased)];
  await until(
    () => demo.order(stockNotCommitted.body.id),
    ({ status }) => status === 'fulfilled',
    'the replayed order to be fulfilled',
  );
  return { deadLetters: { traceId: letters.traceId, linkedTo: [] }, replayedOrder, replayedRelease };
}

/** Sends a request directly to the order service, signed like a request between services. */
async function asOperator<Body>(shop: Shop, method: string, path: string): Promise<Answer<Body>> {
  return new Shopper(shop.urls.order).call<Body>(method, path, { headers: signatureHeader(SECRET, method, path) });
}

/** The trace in which inventory logged this message, for this order if one is given. */
async function logged(shop: Shop, msg: string, order = ''): Promise<string> {
  const line = await until(
    async () => shop.lines('inventory').find((one) => one.includes(msg) && one.includes(order)),
    (found) => found !== undefined,
    `inventory to log "${msg}"`,
  );
  return (JSON.parse(line ?? '{}') as { trace_id: string }).trace_id;
}

/** The id of the trace that is linked to the trace of this answer. */
async function linkedTrace(traces: string, { traceId }: Answer): Promise<string> {
  const isLinked = ({ spans }: Trace): boolean => spans.some(({ links }) => links.some((link) => link.traceId === traceId));
  const linked = await until(
    async () => (await allTraces(traces)).find(isLinked),
    (found) => found !== undefined,
    'a trace that is linked to the log-in',
  );
  return linked?.traceId ?? '';
}

const isLimited = ({ status }: Answer): boolean => status === 429;

/** Sends requests until one is rejected. On a busy machine, a few hundred requests may take too long to exceed the limit. */
async function exceedRateLimit(demo: Shopper): Promise<Answer> {
  const send = (): Promise<Answer[]> => Promise.all(Array.from({ length: 450 }, () => demo.call('GET', '/v1/nothing')));
  const answers = await until(send, (all) => all.some(isLimited), 'a request to exceed the rate limit');
  return answers.find(isLimited) as Answer;
}
