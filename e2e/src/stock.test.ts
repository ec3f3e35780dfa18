import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { tracesFrom } from '@waymark/trace-testing';
import { shopUnderTest } from './shop/shop-under-test.ts';
import { Shopper } from './shop/shopper.ts';

const { gateway, traces: tracesUrl } = shopUnderTest();
const traces = tracesFrom(tracesUrl);
const demo = new Shopper(gateway);

/** No other test on the same shop orders it. */
const BLANKET = 'wool-blanket';
/** No other test orders it as ada. */
const MAP = 'trail-map';

beforeAll(() => demo.logIn());

test('an order takes its stock once', async () => {
  const before = await demo.available(BLANKET);
  const { body } = await demo.place(BLANKET, 2);
  expect(await demo.ended(body.id)).toEqual({ ...body, status: 'fulfilled' });
  expect(await demo.available(BLANKET)).toBe(before - 2);
});

test('if one line of an order is out of stock, the other lines take no stock', async () => {
  const before = await demo.available(BLANKET);
  const lines = [
    { sku: BLANKET, quantity: 1 },
    { sku: 'oak-stool', quantity: 500 },
  ];
  const answer = await demo.call('POST', '/v1/orders', { json: { lines }, headers: { 'idempotency-key': randomUUID() } });
  expect(answer).toMatchObject({ status: 409, body: { code: 'out_of_stock' } });
  expect(await demo.available(BLANKET)).toBe(before);
});

test('eight concurrent requests with one key are one order, fulfilled once, and one of the eight traces has its job', async () => {
  const before = await demo.available(BLANKET);
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 8 }, () => demo.place(BLANKET, 3, key)));
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  expect(await demo.ended(answers[0]?.body.id ?? '')).toMatchObject({ status: 'fulfilled' });
  expect(await demo.available(BLANKET)).toBe(before - 3);
  const all = await Promise.all(answers.map((answer) => traces.of(answer, { timeoutMs: 20_000 })));
  expect(all.flatMap(({ spans }) => spans).filter(({ kind }) => kind === 'CONSUMER')).toHaveLength(1);
});

test('orders are listed newest first, page by page', async () => {
  const ada = new Shopper(gateway);
  await ada.logIn('ada@waymark.test');
  const placed: string[] = [];
  for (const quantity of [1, 2, 3]) placed.unshift((await ada.place(MAP, quantity)).body.id);
  type Page = { items: { id: string; lines: { sku: string }[] }[] };
  const page = async (query: string): Promise<Page['items']> => (await ada.call<Page>('GET', `/v1/orders${query}`)).body.items;
  const isMap = ({ lines }: Page['items'][number]): boolean => lines[0]?.sku === MAP;
  expect((await page('?limit=100')).filter(isMap).slice(0, 3)).toMatchObject(placed.map((id) => ({ id })));

  const found: string[] = [];
  for (let before = ''; found.length < 3;) {
    const [order, ...more] = await page(`?limit=1${before}`);
    if (!order) break;
    expect(more).toEqual([]);
    if (isMap(order)) found.push(order.id);
    before = `&before=${order.id}`;
  }
  expect(found).toEqual(placed);
});
