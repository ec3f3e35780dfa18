import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Order } from '@waymark/contracts';
import { attributeNumber, judge, type Span, type Trace } from '@waymark/trace-model';
import { query } from '../shop/query.ts';
import type { Answer } from '../shop/shopper.ts';
import { until } from '@waymark/service-kit/testing/until';
import { startOwnShop, type OwnShop } from './own-shop.ts';

const ORDERS = 500;
const AT_ONCE = 24;
/** Longer than an exporter takes to deliver its last spans. */
const EXPORT_MS = 6_000;
/** A shopper's pause before it repeats a request. Without it, the gateway would answer thousands of requests while order restarts. */
const RETRY_MS = 500;
const KILLED_AFTER = [150, 350];
const PRODUCTS = ['lucky-postcard', 'field-notebook', 'trail-map'] as const;
/** The payment of a lucky postcard, every third order, fails once. */
const skuOf = (at: number): string => PRODUCTS[at % 3] ?? '';

test('500 orders, a third of which fail once, while the worker is killed twice: each trace is complete or shows the killed process', async () => {
  await using own = await startOwnShop({ order: { OTEL_BSP_SCHEDULE_DELAY: '500' }, inventory: { RESERVATION_TTL_SECONDS: '30' } });
  const { demo } = own;
  const stock = async (): Promise<number[]> => Promise.all(PRODUCTS.map((sku) => demo.available(sku)));
  const before = await stock();
  const answers = await placeAll(own);
  const ids = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
  expect(new Set(ids).size).toBe(ORDERS);

  const rows = await until(
    () => ordersOf(own),
    (orders) => orders.length === ORDERS && orders.every(({ status }) => status !== 'pending'),
    'all orders to end',
    120_000,
  );
  // Each order has one accepted payment that was not refunded, and the stock shows that each was sold once.
  expect(rows.filter(({ status, outcome, charged }) => `${status} ${outcome} ${charged}` !== 'fulfilled accepted true')).toEqual([]);
  const sold = PRODUCTS.map((sku) => rows.filter((row) => row.sku === sku).length);
  await until(stock, (now) => now.join() === before.map((count, at) => count - (sold[at] ?? 0)).join(), 'the stock to add up');

  // One after the other: to poll 500 traces at once takes more time than to read them.
  const judged: { answer: Answer<Order>; trace: Trace }[] = [];
  const deadline = performance.now() + EXPORT_MS;
  for (const answer of answers) judged.push({ answer, trace: await finalTrace(own, answer, deadline) });
  const broken = judged.filter(({ trace }) => complaints(trace).length > 0);
  expect(broken.length).toBeGreaterThan(0);
  expect(broken.length).toBeLessThan(ORDERS / 2);
  expect(broken.flatMap(({ trace }) => complaints(trace)).filter((complaint) => !ORDER_DIED.test(complaint))).toEqual([]);
  const whole = judged.filter((one) => !broken.includes(one));
  for (const { answer, trace } of whole.filter(storedTheOrder)) expectAllAttempts(answer, trace);
}, 240_000);

/** Complaints that killing order explains: its SERVER spans, consumers and attempts are missing, and so are the parents of its spans and of inventory's. */
const ORDER_DIED = new RegExp(
  [
    'the server span \\w+ that answered gateway `POST /orders`',
    'a consumer of the message that order `send \\w+` sent',
    '^attempt \\d of fulfil_order \\((its process was killed or lost its spans|due [\\dms ]+ ago)\\)$',
    'the span \\w+ above (inventory|order) ',
    '^orphan: (inventory|order) ',
  ].join('|'),
);

async function placeAll({ shop, demo }: OwnShop): Promise<Answer<Order>[]> {
  const answers: Answer<Order>[] = [];
  let next = 0;
  let placed = 0;
  const kills = [...KILLED_AFTER];
  const killing: Promise<void>[] = [];
  const kill = async (): Promise<void> => {
    await shop.kill('order', 'SIGKILL');
    await shop.restart('order');
  };
  const shopper = async (): Promise<void> => {
    for (let at = next++; at < ORDERS; at = next++) {
      // Repeats the request with the same key until it is answered.
      const key = randomUUID();
      const place = async (): Promise<boolean> => {
        const answer = await demo.place(skuOf(at), 1, key);
        answers.push(answer);
        if (answer.status !== 201) await delay(RETRY_MS);
        return answer.status === 201;
      };
      await until(place, Boolean, 'order to be back');
      placed += 1;
      if (placed === kills[0]) {
        kills.shift();
        killing.push(kill());
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, shopper));
  await Promise.all(killing);
  return answers;
}

type Row = {
  status: string;
  sku: string;
  outcome: string | null;
  charged: boolean;
};

const ordersOf = ({ shop }: OwnShop): Promise<Row[]> =>
  query(
    shop.databases.order,
    `select status, lines -> 0 ->> 'sku' as sku, outcome, amount_cents = total_cents as charged from orders left join payments on order_id = id`,
  );

/** The trace when it is complete, or as it is at the deadline. */
const finalTrace = async ({ traces }: OwnShop, answer: Answer, deadline: number): Promise<Trace> =>
  traces.of(answer, { timeoutMs: Math.max(0, deadline - performance.now()) }).catch(() => traces.now(answer));

/** Everything that is missing in a trace, and its errors. */
const complaints = (trace: Trace): string[] => {
  const { completeness, findings } = judge(trace);
  const errors = findings.filter(({ severity }) => severity === 'error');
  return [...completeness.missing, ...completeness.lost, ...errors.map(({ code, message }) => `${code}: ${message}`)];
};

/** Whether this request stored the order. If an earlier attempt with the same key did, the job is in the trace of that attempt. */
const storedTheOrder = ({ trace }: { trace: Trace }): boolean => trace.spans.some(({ kind }) => kind === 'PRODUCER');

function expectAllAttempts({ body }: Answer<Order>, { spans }: Trace): void {
  const attempts = spans.filter(({ name, kind }) => kind === 'CONSUMER' && name === 'process fulfil_order').map(attemptOf);
  const expected = body.lines[0]?.sku === 'lucky-postcard' ? 2 : 1;
  expect(attempts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: Math.max(expected, attempts.length) }, (_, at) => at + 1));
}

const attemptOf = ({ attributes }: Span): number => attributeNumber(attributes['waymark.job.attempt']) ?? 0;
