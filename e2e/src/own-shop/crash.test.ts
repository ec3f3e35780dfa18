import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Answer, Shopper } from '../shop/shopper.ts';
import type { Order } from '@waymark/contracts';
import { until } from '@waymark/service-kit/testing/until';
import { startOwnShop } from './own-shop.ts';

test('when the order service is killed during 100 orders, no acknowledged order and no stock is lost', async () => {
  await using own = await startOwnShop({ inventory: { RESERVATION_TTL_SECONDS: '5' } });
  const { shop, demo } = own;
  const before = await demo.available('trail-map');
  const keys = Array.from({ length: 100 }, () => randomUUID());
  const placing = keys.map(async (key, at) => {
    const answer = await demo.place('trail-map', 1, key);
    if (at === 40) await shop.kill('order', 'SIGKILL');
    return answer;
  });
  const first = await Promise.all(placing);
  const acknowledged = first.filter(({ status }) => status === 201);
  expect(first.filter(({ status }) => status !== 201 && status !== 503).map(({ status, body }) => [status, body])).toEqual([]);
  await shop.restart('order');

  // Half of the shoppers without an answer repeat their request with the same key. The gateway may answer 503 until order has recovered.
  const unanswered = keys.filter((_, at) => first[at]?.status !== 201);
  const placed = async (key: string): Promise<Answer<Order>> =>
    until(
      () => demo.place('trail-map', 1, key),
      ({ status }) => status !== 503,
      'the gateway to call order again',
    );
  const again = await Promise.all(unanswered.filter((_, at) => at % 2 === 0).map(placed));
  expect(again.map(({ status }) => status)).toEqual(again.map(() => 201));

  for (const { body } of [...acknowledged, ...again]) expect(await demo.ended(body.id)).toMatchObject({ status: 'fulfilled' });

  // An order whose answer was lost counts too. Stock that was only reserved comes back when the reservation expires.
  const stored = await allOrders(demo);
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
  const sold = stored.filter(({ status }) => status === 'fulfilled').length;
  expect(sold).toBeGreaterThanOrEqual(acknowledged.length + again.length);
  await until(
    () => demo.available('trail-map'),
    (available) => available === before - sold,
    `${before - sold} in stock`,
  );
}, 120_000);

async function allOrders(demo: Shopper): Promise<{ id: string; status: string }[]> {
  type Page = { items: { id: string; status: string }[] };
  const ended = ({ items }: Page): boolean => items.every(({ status }) => status !== 'pending');
  const page = async (): Promise<Page> => (await demo.call<Page>('GET', '/v1/orders?limit=100')).body;
  return (await until(page, ended, 'all orders to end')).items;
}
