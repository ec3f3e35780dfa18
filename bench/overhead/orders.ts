import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { startShop, type ServiceName, type Shop } from '@waymark/local-stack';
import pg from 'pg';
import { Agent, request } from 'undici';
import { progress } from '../figures.ts';
import { usageOf } from '../process-usage.ts';

/** What one window of orders has measured. */
export interface OrderWindow {
  readonly requestsPerSecond: number;
  /** CPU of the four services per order, in microseconds. */
  readonly cpuPerRequest: number;
}

/** The shop's order flow with tracing on, off, and off again as a control: the windows of each, by round. */
export interface OrderFlow {
  readonly traced: readonly OrderWindow[];
  readonly untraced: readonly OrderWindow[];
  readonly untracedAgain: readonly OrderWindow[];
}

const CLIENTS = 16;
const SKU = 'trail-map';
/** The load comes from one address, and must not be limited. */
const NO_LIMITS = { RATE_LIMIT_PER_SECOND: '1000000', CONNECTIONS_PER_ADDRESS: '1000000' };

/**
 * Loads three shops in turns, each with a Postgres of its own, with orders from log-in to fulfilment.
 * @param warmUps rounds before those that count
 * @param window seconds per shop and round
 */
export async function orderFlow(
  tracesUrl: string,
  { warmUps, rounds, window }: { warmUps: number; rounds: number; window: number },
): Promise<OrderFlow> {
  await using running = new AsyncDisposableStack();
  const start = async (env: Record<string, string>): Promise<OrderLoad> =>
    OrderLoad.of(running.use(await startShop({ env: { all: { NODE_ENV: 'production', ...env }, gateway: NO_LIMITS } })));
  progress('starting three shops');
  const loads = {
    untraced: await start({ OTEL_SDK_DISABLED: 'true' }),
    traced: await start({ OTEL_EXPORTER_OTLP_ENDPOINT: tracesUrl }),
    untracedAgain: await start({ OTEL_SDK_DISABLED: 'true' }),
  };
  const flow = { untraced: [], traced: [], untracedAgain: [] } as Record<keyof OrderFlow, OrderWindow[]>;
  const names = Object.keys(loads) as (keyof OrderFlow)[];
  for (let round = -warmUps; round < rounds; round++) {
    progress(`orders: ${round < 0 ? `warm-up ${round + warmUps + 1} of ${warmUps}` : `round ${round + 1} of ${rounds}`}`);
    for (const name of round % 2 ? names.toReversed() : names) {
      const measured = await loads[name].load(window);
      if (round >= 0) flow[name].push(measured);
    }
  }
  return flow;
}

/** Places orders at one shop, as many as it can take. */
class OrderLoad {
  readonly #shop: Shop;
  readonly #agent = new Agent({ connections: CLIENTS });
  readonly #headers: Record<string, string>;

  private constructor(shop: Shop, token: string) {
    this.#shop = shop;
    this.#headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  }

  static async of(shop: Shop): Promise<OrderLoad> {
    const inventory = new pg.Client(shop.databases.inventory);
    await inventory.connect();
    await inventory.query('update products set available = 10000000 where sku = $1', [SKU]);
    await inventory.end();
    const { body } = await request(`${shop.urls.gateway}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'demo@waymark.test', password: 'waymark' }),
    });
    return new OrderLoad(shop, ((await body.json()) as { token: string }).token);
  }

  /** Rejects if an order is not answered with 201. */
  async load(seconds: number): Promise<OrderWindow> {
    const before = await this.#cpu();
    const begun = performance.now();
    const end = begun + seconds * 1_000;
    let orders = 0;
    const client = async (): Promise<void> => {
      while (performance.now() < end) {
        await this.#order();
        orders += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const requestsPerSecond = orders / ((performance.now() - begun) / 1_000);
    // Fulfilment is part of an order, and must not run beside the next window.
    await this.#idle();
    return { requestsPerSecond, cpuPerRequest: ((await this.#cpu()) - before) / orders };
  }

  async #order(): Promise<void> {
    const { statusCode, body } = await request(`${this.#shop.urls.gateway}/v1/orders`, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: { ...this.#headers, 'idempotency-key': randomUUID() },
      body: JSON.stringify({ lines: [{ sku: SKU, quantity: 1 }] }),
    });
    const text = await body.text();
    if (statusCode !== 201) throw new Error(`An order was answered with ${statusCode}, so the figures are useless: ${text}`);
  }

  /** Waits until the services use less than 5 % of a core. */
  async #idle(): Promise<void> {
    for (let before = await this.#cpu(); ;) {
      await delay(400);
      const now = await this.#cpu();
      if (now - before < 20_000) return;
      before = now;
    }
  }

  async #cpu(): Promise<number> {
    const services = Object.keys(this.#shop.urls) as ServiceName[];
    const usages = await Promise.all(services.map((name) => usageOf(this.#shop.pid(name))));
    return usages.reduce((sum, usage) => sum + (usage?.cpuSeconds ?? NaN), 0) * 1e6;
  }
}
