import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@waymark/service-kit/testing/until';
import { Buyer, load, type Outcome } from '../attack/load.ts';
import { compose, composeWith, docker, ROOT } from './docker.ts';

/** Callees first, as in any roll-out of services that call each other. */
const SERVICES = ['inventory', 'auth', 'order', 'gateway'];
const REPLICAS = 2;
const PER_SECOND = 5;
/** A container needs this long to stop: see docker-compose.replicas.yml. */
const STOP_SECONDS = '24';

const FILES = ['docker-compose.yml', 'deploy/compose/docker-compose.replicas.yml'].flatMap((file) => ['--file', join(ROOT, file)]);
let ports: string;
const replicated = async (...args: string[]): Promise<string> => (await composeWith({ GATEWAY_PORTS: ports }, ...FILES, ...args)).trim();

beforeAll(async () => {
  ports = await twoPorts();
  await replicated('up', '--detach', '--wait');
}, 240_000);
afterAll(async () => {
  await compose('up', '--detach', '--wait', '--remove-orphans');
}, 240_000);

test('each of two containers of each service is replaced under load: no request fails, and every order is fulfilled', async () => {
  await using stack = new AsyncDisposableStack();
  const gateways = ports.split('-').map((port) => `http://127.0.0.1:${port}`);
  const buyers = gateways.map((url) => stack.use(new Buyer(url)));
  for (const buyer of buyers) await buyer.logIn();
  const over = new AbortController();
  const ready = stack.use(watchReadiness(gateways));
  const running = load(PER_SECOND, over.signal, async (at) => {
    const buyer = buyers[ready.next()]!;
    return at % 4 === 0 ? buyer.get('/v1/products') : buyer.order('trail-map');
  });
  stack.defer(async () => {
    over.abort();
    await running;
  });
  const replaced: string[] = [];
  for (const service of SERVICES) {
    for (const container of (await replicated('ps', '--quiet', service)).split('\n')) {
      await docker(['restart', '--time', STOP_SECONDS, container]);
      const health = (): Promise<string> => docker(['inspect', '--format', '{{.State.Health.Status}}', container]);
      await until(health, (now) => now.trim() === 'healthy', `a container of ${service} to be healthy`, 60_000);
      replaced.push(service);
    }
  }
  over.abort();
  const outcomes = await running;

  expect(replaced).toEqual(SERVICES.flatMap((service) => Array.from({ length: REPLICAS }, () => service)));
  expect(outcomes.filter(isFailed)).toEqual([]);
  const placed = outcomes.flatMap(({ orderId }) => orderId ?? []);
  expect(placed.length).toBeGreaterThan(20);
  const fulfilled = `select count(*) from orders where status = 'fulfilled' and id in (${placed.map((id) => `'${id}'`).join()})`;
  const count = (): Promise<string> => replicated('exec', '--no-TTY', 'postgres', 'psql', '-U', 'waymark', '-Atc', fulfilled, 'order');
  await until(count, (now) => now === String(placed.length), `all ${placed.length} orders to be fulfilled`, 60_000);
}, 600_000);

const isFailed = ({ status }: Outcome): boolean => status === 0 || status >= 300;

/** Does what a load balancer does: asks each gateway whether it is ready, and gives the next request to one that is. */
function watchReadiness(urls: readonly string[]): AsyncDisposable & { next(): number } {
  const ready = urls.map(() => true);
  let turn = 0;
  const over = new AbortController();
  const watching = urls.map(async (url, at) => {
    while (!over.signal.aborted) {
      ready[at] = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
        async (answer) => {
          await answer.body?.cancel();
          return answer.ok;
        },
        () => false,
      );
      await delay(200);
    }
  });
  return {
    next() {
      do turn += 1;
      while (!ready[turn % urls.length] && ready.includes(true));
      return turn % urls.length;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(watching);
    },
  };
}

/** Two free ports in a row, as a range. */
async function twoPorts(): Promise<string> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const second = createServer().listen(port + 1, '127.0.0.1');
    const isFree = await once(second, 'listening').then(
      () => true,
      () => false,
    );
    first.close();
    second.close();
    if (isFree) return `${port}-${port + 1}`;
  }
}
