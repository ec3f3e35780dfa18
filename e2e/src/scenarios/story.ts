import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '@waymark/contracts';
import { startShop, type Shop } from '@waymark/local-stack';
import { tracesFrom } from '@waymark/trace-testing';
import { shopUnderTest } from '../shop/shop-under-test.ts';
import { Shopper, type Answer } from '../shop/shopper.ts';
import { until } from '../shop/until.ts';

/** What only a shop in trouble shows: that shop is the test's own, and exports to where the suite looks for traces. */
export const OWN_SHOP = 'TRACES_OTLP_URL';

/** A trace that no shopper began, and those that it must be linked to. */
export interface Own {
  traceId: string;
  linkedTo: string[];
}

/** What was asked of that shop, by what is to be seen of it. */
export type Asked = 'lost' | 'taker' | 'buried' | 'charged' | 'limited' | 'unreachable' | 'unplaced' | 'slow' | 'stranded';
type Begun = 'expiry' | 'report' | 'listing' | 'replayedOrder' | 'replayedRelease';
type Story = Record<Asked, Answer> & Record<Begun, Own>;

let told: Promise<Story> | undefined;
export const story = (): Promise<Story> => (told ??= tell());

/** Everything that can go wrong behind one gateway, one thing after the other. */
async function tell(): Promise<Story> {
  const { otlp, traces, logs } = shopUnderTest();
  await using shop = await startShop({
    env: {
      all: { OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? '', OTEL_BSP_SCHEDULE_DELAY: '100' },
      gateway: { RATE_LIMIT_PER_SECOND: '200' },
      // The first order's reservation expires before it is paid, and the second's is still held then.
      order: { FULFILMENT_DELAY_SECONDS: '5', JOB_MAX_ATTEMPTS: '1' },
      inventory: { RESERVATION_TTL_SECONDS: '4', STOCK_REPORT_SECONDS: '1' },
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
  const expiry = { traceId: await logged(shop, 'a reservation expired', lost.body.id), linkedTo: [lost.traceId] };
  // Nothing else was sold by now.
  const report = { traceId: await logged(shop, 'stock report'), linkedTo: [taker.traceId] };

  const [buried, charged] = await Promise.all([demo.place('grand-piano'), demo.place('wool-blanket')]);
  for (const answer of [buried, charged]) {
    await until(
      () => tracesFrom(traces).now(answer),
      ({ spans }) => spans.some(({ service, kind }) => service === 'inventory' && kind === 'SERVER'),
      'inventory to export what it did',
    );
  }
  await shop.kill('inventory', 'SIGSTOP');
  const slow = await demo.call('GET', '/v1/products', { headers: { 'x-timeout-ms': '300' } });
  await shop.kill('inventory', 'SIGKILL');
  const unreachable = await demo.call('GET', '/v1/products');
  const unplaced = await demo.place('desk-lamp');
  await until(
    async () => shop.lines('order').filter((line) => line.includes('a job failed for good')),
    ({ length }) => length === 2,
    'the dead letters',
  );
  const replays = await replay(shop, demo, { charged, buried });
  await shop.kill('auth', 'SIGKILL');
  const stranded = await demo.call('GET', '/v1/orders');
  const limited = await tooMany(demo);
  return { lost, taker, buried, charged, limited, unreachable, unplaced, slow, stranded, expiry, report, ...replays };
}

interface Letters {
  items: { messageId: string; payload: { orderId: string } }[];
}

type Orders = Record<'charged' | 'buried', Answer<Order>>;
type Replays = Pick<Story, 'listing' | 'replayedOrder' | 'replayedRelease'>;

/** Inventory is back, and the operator tries again what failed meanwhile. */
async function replay(shop: Shop, demo: Shopper, { charged, buried }: Orders): Promise<Replays> {
  await shop.restart('inventory');
  for (const { body } of [buried, charged]) await logged(shop, 'a reservation expired', body.id);
  const operator = new Shopper(shop.urls.order);
  const letters = await operator.call<Letters>('GET', '/dead-letters');
  const replayed = async (answer: Answer<Order>): Promise<Own> => {
    const letter = letters.body.items.find(({ payload }) => payload.orderId === answer.body.id);
    const { traceId } = await operator.call('POST', `/dead-letters/${letter?.messageId}/replay`);
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

/** The trace in which inventory logged this, about this order if one is named. */
async function logged(shop: Shop, msg: string, order = ''): Promise<string> {
  const line = await until(
    async () => shop.lines('inventory').find((one) => one.includes(msg) && one.includes(order)),
    (found) => found !== undefined,
    `inventory to log "${msg}"`,
  );
  return (JSON.parse(line ?? '{}') as { trace_id: string }).trace_id;
}

async function tooMany(demo: Shopper): Promise<Answer> {
  const answers = await Promise.all(Array.from({ length: 400 }, () => demo.call('GET', '/v1/nothing')));
  const limited = answers.find(({ status }) => status === 429);
  if (!limited) throw new Error('400 requests at once were not too many');
  return limited;
}
