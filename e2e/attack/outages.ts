import { randomBytes } from 'node:crypto';
import { startShop, type ServiceName } from '@waymark/local-stack';
import type { Attack } from './attack.ts';
import { areBalanced, checkBooks, orders, settle, SKU, describe } from './books.ts';
import { until } from '@waymark/service-kit/testing/until';
import { acknowledged, Buyer, load, statuses, type Outcome } from './load.ts';
import { balance } from './network.ts';
import { NO_EDGE_LIMITS, startAttackedShop, wait } from './shop.ts';

export const inventoryOutage: Attack = {
  what: 'inventory is down for two minutes while 300 paid orders wait for it',
  before: '300 dead letters, all charged and none refunded',
  async run({ quick, say }) {
    await using attacked = await startAttackedShop({ env: { order: { FULFILMENT_DELAY_SECONDS: '8' } } });
    const { shop, buyer } = attacked;
    const outcomes = await load(60, 5, () => buyer.order(SKU));
    await shop.kill('inventory', 'SIGKILL');
    await wait(quick ? 20 : 120);
    await shop.restart('inventory');
    say('inventory is back');
    const books = await checkBooks(shop, acknowledged(outcomes));
    const fulfilled = (await orders(shop)).filter(({ status }) => status === 'fulfilled').length;
    return {
      now: `${fulfilled} of ${books.acknowledged} fulfilled; ${describe(books)}`,
      held: fulfilled === books.acknowledged && areBalanced(books),
    };
  },
};

const PARTS = ['inventory', 'order', 'auth', 'gateway', 'Postgres'] as const;

export const kills: Attack = {
  what: 'kill -9 of each part, three rounds, at 40 orders per second',
  before: 'lost, doubled, oversold: 0 of 8,153; charged without goods: 853, after another attack',
  async run({ quick, say }) {
    const notes: string[] = [];
    await using attacked = await startAttackedShop({ onRestart: (note) => void notes.push(note) });
    const { shop, buyer } = attacked;
    const pidOf = (part: (typeof PARTS)[number]): number => (part === 'Postgres' ? shop.postgres?.child.pid : shop.pid(part)) ?? 0;
    const over = new AbortController();
    const running = load(40, over.signal, () => buyer.order(SKU));
    for (let round = 1; round <= (quick ? 1 : 3); round++) {
      for (const part of PARTS) {
        await wait(quick ? 2 : 4);
        notes.length = 0;
        process.kill(pidOf(part), 'SIGKILL');
        await until(
          () => Promise.resolve(notes),
          () => notes.includes(`${part} is ready again`),
          `${part} to be ready again`,
        );
        say(`round ${round}: ${notes.join(', then ')}`);
      }
    }
    await wait(5);
    over.abort();
    const outcomes = await running;
    say(statuses(outcomes));
    const books = await checkBooks(shop, acknowledged(outcomes));
    return { now: describe(books), held: areBalanced(books) };
  },
};

const RESTARTED: readonly ServiceName[] = ['inventory', 'auth', 'order', 'gateway'];

/** Two cores must be able to run eight services and restart one of them at this rate: an overload is another attack. */
const PER_SECOND = 20;

export const rollingRestart: Attack = {
  what: 'restart of each service, with two of each behind a load balancer, at 20 requests per second',
  before: '4 of 59 requests in progress got 503, and 6 connections were reset',
  async run({ quick, say }) {
    const running: { urls: Readonly<Record<ServiceName, string>> }[] = [];
    await using undo = new AsyncDisposableStack();
    const balanced = async (name: ServiceName): Promise<string> => undo.use(await balance(() => running.map(({ urls }) => urls[name]))).url;
    const [AUTH_URL, ORDER_URL, INVENTORY_URL, gateway] = await Promise.all([
      balanced('auth'),
      balanced('order'),
      balanced('inventory'),
      balanced('gateway'),
    ]);
    const env = {
      all: { INTERNAL_SECRET: randomBytes(32).toString('hex'), LAME_DUCK_SECONDS: '2' },
      gateway: { ...NO_EDGE_LIMITS, AUTH_URL, ORDER_URL, INVENTORY_URL },
      order: { INVENTORY_URL },
    };
    await using first = await startAttackedShop({ env });
    running.push(first.shop);
    const postgres = new URL(first.shop.databases.order);
    postgres.pathname = '/postgres';
    await using second = await startShop({
      postgres: postgres.href,
      env: { ...env, all: { ...env.all, OTEL_EXPORTER_OTLP_ENDPOINT: first.store.otlpUrl } },
    });
    running.push(second);
    await wait(1);
    await using buyer = new Buyer(gateway);
    await buyer.logIn();
    const over = new AbortController();
    const outcomes: Promise<Outcome[]> = load(PER_SECOND, over.signal, (at) => (at % 4 ? buyer.order(SKU) : buyer.get('/v1/products')));
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      for (const name of RESTARTED) {
        for (const shop of [first.shop, second]) {
          say(`round ${round + 1}: ${name}`);
          await shop.restart(name);
          await wait(1);
        }
      }
    }
    over.abort();
    const ended = await outcomes;
    await settle(first.shop);
    const failed = ended.filter(({ status }) => status >= 300 || status === 0);
    const books = await checkBooks(first.shop, acknowledged(ended));
    return {
      now: `${failed.length} of ${ended.length} requests failed${failed.length ? ` (${statuses(failed)})` : ''}; ${describe(books)}`,
      held: failed.length === 0 && areBalanced(books),
    };
  },
};
