import { createHmac, randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '@waymark/contracts';
import { startShop, type Shop } from '@waymark/local-stack';
import pg from 'pg';
import type { Trace } from '@waymark/trace-model';
import { tracesFrom } from '@waymark/trace-testing';
import { allTraces } from '../shop/all-traces.ts';
import { shopUnderTest } from '../shop/shop-under-test.ts';
import { Shopper, type Answer } from '../shop/shopper.ts';
import { until } from '../shop/until.ts';

const SECRET = randomBytes(32).toString('hex');

/** What only a shop in trouble shows: that shop is the test's own, and exports to where the suite looks for traces. */
export const OWN_SHOP = 'TRACES_OTLP_URL';

/** A trace that no shopper began, and those that it must be linked to. */
export interface Own {
  traceId: string;
  linkedTo: string[];
}

/** What was asked of that shop, by what is to be seen of it. */
export type Asked = 'lost' | 'taker' | 'buried' | 'charged' | 'limited' | 'unreachable' | 'unplaced' | 'slow' | 'stranded';
type Begun = 'audit' | 'expiry' | 'report' | 'listing' | 'replayedOrder' | 'replayedRelease';
type Story = Record<Asked, Answer> & Record<Begun, Own>;

let told: Promise<Story> | undefined;
export const story = (): Promise<Story> => (told ??= tell());

/** Everything that can go wrong behind one gateway, one thing after the other. */
async function tell(): Promise<Story> {
  const { otlp, traces, logs } = shopUnderTest();
  await using shop = await startShop({
    env: {
      all: { INTERNAL_SECRET: SECRET, OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? '', OTEL_BSP_SCHEDULE_DELAY: '100' },
      gateway: { RATE_LIMIT_PER_SECOND: '120' },
      // The first order's reservation expires before it is paid, and the second's is still held then.
      order: { FULFILMENT_DELAY_SECONDS: '5', JOB_MAX_ATTEMPTS: '1' },
      inventory: { RESERVATION_TTL_SECONDS: '4', STOCK_REPORT_SECONDS: '1' },
    },
    onLine: (service, line) => appendFileSync(join(logs ?? '', `${service}.log`), `${line}\n`),
  });
  const demo = new Shopper(shop.urls.gateway);
  const entered = await demo.logIn();
  const audit = { traceId: await linkedFrom(traces, entered), linkedTo: [entered.traceId] };

  const lost = await demo.place('last-lantern');
  await until(
    () => demo.available('last-lantern'),
    (available) => available === 1,
    'the reservation to expire',
  );
  const taker = await demo.place('last-lantern');
  await Promise.all([demo.ended(lost.body.id), demo.ended(taker.body.id)]);
  const expiry = { traceId: await logged(shop, 'a reservation expired', lost.body.id), linkedTo: [lost.traceId] };
  // Nothing else was sold by now.
  const report = { traceId: await logged(shop, 'stock report'), linkedTo: [taker.traceId] };

  const [buried, charged] = await Promise.all([demo.place('grand-piano'), demo.place('wool-blanket')]);
  for (const answer of [buried, charged]) {
    await until(
      () => tracesFrom(traces).now(answer),
      // The server span is the last that inventory ends for a request.
      ({ spans }) => spans.some(({ service, kind }) => service === 'inventory' && kind === 'SERVER'),
      'inventory to export what it did',
    );
  }
  await breakInventory(shop, 'rename to reservations_away');
  await until(
    async () => shop.lines('order').filter((line) => line.includes('a job failed for good')),
    ({ length }) => length === 2,
    'the dead letters',
  );
  await breakInventory(shop, 'rename to reservations', 'reservations_away');
  const replays = await replay(shop, demo, { charged, buried });

  // What inventory did for them must have been exported.
  await Promise.all([replays.replayedOrder, replays.replayedRelease].map((trace) => tracesFrom(traces).of(trace)));

  await shop.kill('inventory', 'SIGSTOP');
  const slow = await demo.call('GET', '/v1/products');
  await shop.kill('inventory', 'SIGKILL');
  const unreachable = await demo.call('GET', '/v1/products');
  const unplaced = await demo.place('desk-lamp');
  await shop.kill('auth', 'SIGKILL');
  const stranded = await demo.call('GET', '/v1/orders');
  const limited = await tooMany(demo);
  return { lost, taker, buried, charged, limited, unreachable, unplaced, slow, stranded, audit, expiry, report, ...replays };
}

interface Letters {
  items: { messageId: string; payload: { orderId: string } }[];
}

type Orders = Record<'charged' | 'buried', Answer<Order>>;
type Replays = Pick<Story, 'listing' | 'replayedOrder' | 'replayedRelease'>;

/** A fault of inventory's own: a table that its statements need is away, or back. */
async function breakInventory(shop: Shop, how: string, table = 'reservations'): Promise<void> {
  const client = new pg.Client(shop.databases.inventory);
  await client.connect();
  await client.query(`alter table ${table} ${how}`);
  await client.end();
}

/** Inventory works again, and the operator tries again what failed in the meantime. */
async function replay(shop: Shop, demo: Shopper, { charged, buried }: Orders): Promise<Replays> {
  for (const { body } of [buried, charged]) await logged(shop, 'a reservation expired', body.id);
  const letters = await asOperator<Letters>(shop, 'GET', '/dead-letters');
  const replayed = async (answer: Answer<Order>): Promise<Own> => {
    const letter = letters.body.items.find(({ payload }) => payload.orderId === answer.body.id);
    const { traceId } = await asOperator(shop, 'POST', `/dead-letters/${letter?.messageId}/replay`);
    return { traceId, linkedTo: [answer.traceId] };
  };
  const [replayedOrder, replayedRelease] = [await replayed(charged), await replayed(buried)];
  await until(
    () => demo.order(charged.body.id),
    ({ status }) => status === 'fulfilled',
    'the order that was given up to be fulfilled',
  );
  return { listing: { traceId: letters.traceId, linkedTo: [] }, replayedOrder, replayedRelease };
}

/** A request to the order service itself, signed as services sign their requests to each other. */
async function asOperator<Body>(shop: Shop, method: string, path: string): Promise<Answer<Body>> {
  const signature = createHmac('sha256', SECRET).update(`${method}\n${path}\n\n`).digest('base64url');
  return new Shopper(shop.urls.order).call<Body>(method, path, { headers: { 'x-waymark-signature': signature } });
}

/** The trace in which inventory logged this, about this order if one is named. */
async function logged(shop: Shop, msg: string, order = ''): Promise<string> {
  const line = await until(
    async () => shop.lines('inventory').find((one) => one.includes(msg) && one.includes(order)),
    (found) => found !== undefined,
    `inventory to log "${msg}"`,
  );
  return (JSON.parse(line ?? '{}') as { trace_id: string }).trace_id;
}

/** The trace of the batch that is linked to the trace of this answer. */
async function linkedFrom(traces: string, { traceId }: Answer): Promise<string> {
  const isLinked = ({ spans }: Trace): boolean => spans.some(({ links }) => links.some((link) => link.traceId === traceId));
  const batch = await until(
    async () => (await allTraces(traces)).find(isLinked),
    (found) => found !== undefined,
    'a trace that is linked to the log-in',
  );
  return batch?.traceId ?? '';
}

async function tooMany(demo: Shopper): Promise<Answer> {
  const answers = await Promise.all(Array.from({ length: 450 }, () => demo.call('GET', '/v1/nothing')));
  const limited = answers.find(({ status }) => status === 429);
  if (!limited) throw new Error('450 requests at once were not too many');
  return limited;
}
