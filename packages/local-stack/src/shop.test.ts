import { expect, test } from '@jest/globals';
import type { Environment } from './service-env.ts';
import { serviceNames } from './service.ts';
import { startShop, type ShopOptions } from './shop.ts';
import { gone, runs } from './testing/processes.ts';
import { stubWorkspace } from './testing/stub-workspace.ts';
import { forTest } from './testing/for-test.ts';

const postgres = process.env['TEST_POSTGRES_URL'] ?? '';

const envOf = async (url: string) => (await (await fetch(`${url}/env`)).json()) as Environment;
const pidOf = async (url: string) => Number((await envOf(url))['STUB_PID']);
const shopOf = (root: string, options: ShopOptions = {}) => startShop({ root, postgres, ...options });

test('each service gets the addresses of the others and its own database', async () => {
  const workspace = forTest(await stubWorkspace());
  const shop = forTest(await shopOf(workspace.root, { env: { all: { LOG_LEVEL: 'warn' }, order: { RESERVATION_TTL_SECONDS: '2' } } }));
  const [auth, order, gateway] = await Promise.all([shop.urls.auth, shop.urls.order, shop.urls.gateway].map(envOf));
  expect(auth).toMatchObject({ DATABASE_URL: shop.databases.auth, OTEL_SERVICE_NAME: 'auth', OTEL_TRACES_EXPORTER: 'none' });
  expect(order).toMatchObject({ INVENTORY_URL: shop.urls.inventory, RESERVATION_TTL_SECONDS: '2', LOG_LEVEL: 'warn' });
  expect(gateway).toMatchObject({ AUTH_URL: shop.urls.auth, ORDER_URL: shop.urls.order, INVENTORY_URL: shop.urls.inventory });
  expect(auth).not.toHaveProperty('RESERVATION_TTL_SECONDS');
}, 60_000);

test('close stops every service, even one that ignores SIGTERM', async () => {
  const workspace = forTest(await stubWorkspace());
  const shop = forTest(await shopOf(workspace.root, { env: { auth: { STUB: 'ignores-sigterm' } } }));
  const pids = await Promise.all(serviceNames.map((name) => pidOf(shop.urls[name])));
  await shop.close();
  expect(pids.filter(runs)).toEqual([]);
}, 60_000);

test('close with force kills every service', async () => {
  const workspace = forTest(await stubWorkspace());
  const shop = forTest(await shopOf(workspace.root));
  await shop.close({ force: true });
  expect(shop.lines('gateway').join()).not.toContain('draining');
}, 60_000);

test('killing a service is not a crash, and restart starts it at the same address', async () => {
  const workspace = forTest(await stubWorkspace());
  const shop = forTest(await shopOf(workspace.root));
  const first = await pidOf(shop.urls.order);
  await shop.kill('order', 'SIGKILL');
  expect(runs(first)).toBe(false);
  await shop.restart('order');
  const second = await pidOf(shop.urls.order);
  expect(second).not.toBe(first);
  await shop.restart('order');
  expect(await pidOf(shop.urls.order)).not.toBe(second);
  await expect(Promise.race([shop.crashed, Promise.resolve('no crash')])).resolves.toBe('no crash');
}, 60_000);

test('a service that ends by itself is a crash, reported with its last lines', async () => {
  const workspace = forTest(await stubWorkspace());
  const shop = forTest(await shopOf(workspace.root));
  await fetch(`${shop.urls.inventory}/crash`, { method: 'POST' });
  const { message } = await shop.crashed;
  expect(message).toMatch(/^The service inventory exited with code 1\. Its last lines:\n/);
  expect(message).toContain('out of paper');
}, 60_000);

test('a service that cannot start fails the start with its last lines, and the others are stopped', async () => {
  const workspace = forTest(await stubWorkspace());
  const pids: number[] = [];
  const onLine: ShopOptions['onLine'] = (_, line) => pids.push(Number(/"started (\d+)"/.exec(line)?.[1] ?? 0));
  const start = shopOf(workspace.root, { env: { order: { STUB: 'crash-on-start' } }, onLine });
  await expect(start).rejects.toThrow(/^The service order exited with code 1[^]*cannot read the price list/);
  await gone(pids.filter(Boolean));
}, 60_000);

test('a start can be cancelled', async () => {
  const workspace = forTest(await stubWorkspace());
  const called = new AbortController();
  const onLine = () => called.abort(new Error('no more'));
  await expect(shopOf(workspace.root, { env: { all: { STUB: 'never-ready' } }, signal: called.signal, onLine })).rejects.toThrow('no more');
}, 60_000);
