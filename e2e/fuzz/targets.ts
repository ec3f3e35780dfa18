import { randomBytes } from 'node:crypto';
import { authApi, gatewayApi, inventoryApi, orderApi, type Api } from '@waymark/contracts';
import { until } from '@waymark/service-kit/testing/until';
import { startAttackedShop } from '../attack/shop.ts';
import { query } from '../src/shop/query.ts';
import { Shopper } from '../src/shop/shopper.ts';
import type { Target } from './fuzz.ts';
import type { Known } from './values.ts';

const APIS: readonly Api[] = [gatewayApi, authApi, orderApi, inventoryApi];
/** One user may have 20 sessions; the log-ins of the fuzzer must not end them. */
const LOG_OUTS = 15;
/** More than the fuzzer orders. */
const STOCK = 1_000_000_000;

/** Starts a shop with orders, sessions and a dead letter, and resolves with all routes of its four services. */
export async function startTargets(): Promise<AsyncDisposable & { targets: Target[]; traces: string }> {
  await using undo = new AsyncDisposableStack();
  const secret = randomBytes(32).toString('hex');
  const env = { all: { INTERNAL_SECRET: secret, OTEL_BSP_SCHEDULE_DELAY: '100' }, order: { JOB_MAX_ATTEMPTS: '1' } };
  const { shop, store } = undo.use(await startAttackedShop({ env }));
  await query(shop.databases.inventory, 'update products set available = $1', [STOCK]);
  const known = await knownValues(shop.urls.gateway, shop.databases);
  const targets = APIS.flatMap(({ service, routes }) =>
    Object.entries(routes).map(([name, route]): Target => ({
      service,
      route,
      url: shop.urls[service as keyof typeof shop.urls],
      known: name === 'logOut' ? { authorization: known.sessions.filter((_, at) => at % 2 === Number(service === 'auth')) } : known.values,
      secret: service === 'gateway' ? undefined : secret,
    })),
  );
  // Before the log-ins, which end the oldest sessions.
  targets.sort((a, b) => Number(b.route.method === 'DELETE') - Number(a.route.method === 'DELETE'));
  const stop = undo.move();
  return { targets, traces: store.url, [Symbol.asyncDispose]: () => stop.disposeAsync() };
}

async function knownValues(gateway: string, databases: { auth: string; order: string }): Promise<{ values: Known; sessions: string[] }> {
  const demo = new Shopper(gateway);
  await demo.logIn();
  const sessions: string[] = [];
  for (let at = 0; at < LOG_OUTS; at++) {
    const ada = new Shopper(gateway);
    await ada.logIn('ada@waymark.test');
    sessions.push(`Bearer ${ada.token}`);
  }
  const placed = [];
  for (const sku of ['desk-lamp', 'grand-piano', 'lost-postcard']) placed.push((await demo.place(sku)).body.id);
  const dead = await until(
    () => query<{ message_id: string }>(databases.order, 'select message_id from dead_letters'),
    ({ length }) => length > 0,
    'a dead letter',
  );
  const users = await query<{ id: string }>(databases.auth, `select id from users where email = 'demo@waymark.test'`);
  const ids = users.map(({ id }) => id);
  return {
    sessions,
    values: {
      sku: ['desk-lamp', 'trail-map', 'grand-piano', 'lucky-postcard'],
      id: placed,
      before: placed,
      orderId: placed,
      messageId: dead.map(({ message_id }) => message_id),
      job: ['fulfil_order', 'release_stock'],
      'x-user-id': ids,
      // The tokens of demo stay valid: only ada logs in again.
      authorization: [`Bearer ${demo.token}`],
      token: [demo.token ?? ''],
      email: ['ada@waymark.test', 'nobody@waymark.test'],
      password: ['waymark'],
    },
  };
}
