import { expect, jest, test } from '@jest/globals';
import type { Order } from '@waymark/contracts';
import { until } from '@waymark/service-kit/testing/until';
import { query } from '../shop/query.ts';
import type { Answer } from '../shop/shopper.ts';
import { attemptsIn } from './attempts.ts';
import { startOwnShop, type OwnShop } from './own-shop.ts';

jest.setTimeout(150_000);

const ORDERS = 6;

const payments = async ({ shop }: OwnShop): Promise<Record<string, unknown>[]> =>
  query(shop.databases.order, 'select outcome, count(*)::int from payments group by outcome order by outcome');
const deadLetters = async ({ shop }: OwnShop): Promise<unknown[]> => query(shop.databases.order, 'select from dead_letters');

/** Places orders whose fulfilment starts after a delay. */
async function placeAll({ demo }: OwnShop): Promise<Answer<Order>[]> {
  const answers = await Promise.all(Array.from({ length: ORDERS }, () => demo.place('field-notebook')));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: ORDERS }, () => 201));
  return answers;
}

test('while inventory is down, paid orders wait without using up their attempts, and are fulfilled when it is back', async () => {
  await using own = await startOwnShop({ order: { FULFILMENT_DELAY_SECONDS: '2', JOB_MAX_ATTEMPTS: '1' } });
  const answers = await placeAll(own);
  await own.shop.kill('inventory', 'SIGKILL');
  await until(
    () =>
      query<{ postponed: number }>(
        own.shop.databases.order,
        `select (payload->>'postponed')::int as postponed from graphile_worker._private_jobs`,
      ),
    (jobs) => jobs.length === ORDERS && jobs.every(({ postponed }) => postponed >= 2),
    'two attempts at each order',
    60_000,
  );
  expect(await payments(own)).toEqual([{ outcome: 'accepted', count: ORDERS }]);
  await own.shop.restart('inventory');
  const ended = await Promise.all(answers.map(({ body }) => own.demo.ended(body.id)));
  expect(ended.map(({ status }) => status)).toEqual(Array.from({ length: ORDERS }, () => 'fulfilled'));
  expect([await payments(own), await deadLetters(own)]).toEqual([[{ outcome: 'accepted', count: ORDERS }], []]);

  const trace = await own.traces.of(answers[0] as Answer);
  const attempts = attemptsIn(trace.spans);
  expect(attempts.map(({ attributes }) => Number(attributes['waymark.job.attempt']))).toEqual(attempts.map((_, at) => at + 1));
  for (const attempt of attempts.slice(0, -1)) {
    expect(attempt).toMatchObject({
      service: 'order',
      kind: 'CONSUMER',
      status: { code: 'ERROR' },
      attributes: { 'error.type': 'upstream_unavailable' },
    });
  }
  expect(attempts.at(-1)?.status.code).not.toBe('ERROR');
});

test('an order that has waited too long is refunded and rejected while inventory is still down', async () => {
  // Long enough for a first attempt on a busy machine: an order whose time is over before that is rejected without a payment.
  await using own = await startOwnShop({ order: { FULFILMENT_DELAY_SECONDS: '2', FULFIL_WITHIN_SECONDS: '5', JOB_MAX_ATTEMPTS: '1' } });
  const answers = await placeAll(own);
  await own.shop.kill('inventory', 'SIGKILL');
  const ended = await Promise.all(answers.map(({ body }) => own.demo.ended(body.id)));
  expect(ended.map(({ status, reason }) => [status, reason])).toEqual(
    Array.from({ length: ORDERS }, () => ['rejected', 'fulfilment_overdue']),
  );
  expect([await payments(own), await deadLetters(own)]).toEqual([[{ outcome: 'refunded', count: ORDERS }], []]);
  await own.shop.restart('inventory');
  await until(
    () => own.demo.available('field-notebook'),
    (available) => available === 2_000,
    'all stock to be back',
    60_000,
  );
});
