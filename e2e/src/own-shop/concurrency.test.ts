import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { until } from '@waymark/service-kit/testing/until';
import '@waymark/trace-testing/jest';
import { FULFILLED_ORDER, OUT_OF_STOCK } from '../scenarios/parts.ts';
import { query } from '../shop/query.ts';
import { attemptsIn } from './attempts.ts';
import { startOwnShop, type OwnShop } from './own-shop.ts';

jest.setTimeout(120_000);

let own: OwnShop;
beforeAll(async () => {
  // So that no request waits or is rejected: one address may use half of the gateway's places.
  own = await startOwnShop({ all: { MAX_REQUESTS: '512' } });
});
afterAll(async () => own?.[Symbol.asyncDispose]());

test('of 200 concurrent orders for the last 50 in stock, 50 are accepted and fulfilled once, and each has its own trace', async () => {
  const { demo, traces } = own;
  expect(await demo.available('brass-bell')).toBe(50);
  const answers = await Promise.all(Array.from({ length: 200 }, () => demo.place('brass-bell')));
  const accepted = answers.filter(({ status }) => status === 201);
  expect(answers.filter(({ status }) => status !== 201).map(({ status }) => status)).toEqual(Array(150).fill(409));
  expect(accepted).toHaveLength(50);
  expect(await demo.available('brass-bell')).toBe(0);

  for (const { body } of accepted) expect(await demo.ended(body.id)).toMatchObject({ status: 'fulfilled' });
  expect(await demo.available('brass-bell')).toBe(0);
  expect(new Set(answers.map(({ traceId }) => traceId)).size).toBe(200);

  for (const answer of answers) {
    const trace = await traces.of(answer, { timeoutMs: 20_000 });
    expect(trace).toMatchTree(answer.status === 201 ? FULFILLED_ORDER : OUT_OF_STOCK);
    expect(trace).toBeComplete();
  }
});

test('orders with tiny timeouts hold no stock after they have ended', async () => {
  const before = await own.demo.available('linen-apron');
  const answers = await Promise.all(Array.from({ length: 7 }, () => own.demo.place('linen-apron', 28, undefined, { 'x-timeout-ms': '6' })));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  await Promise.all(answers.map(({ body }) => own.demo.ended(body.id)));
  expect(await own.demo.available('linen-apron')).toBe(before - 196);
});

test('after the database has dropped all connections, orders are fulfilled as before, even after the deadline of the requests that reconnected', async () => {
  await own.demo.place('field-notebook');
  const admin = new URL(own.shop.databases.order);
  const drop = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${admin.pathname.slice(1)}' and pid <> pg_backend_pid()`;
  await query(own.shop.databases.order, drop);
  // These requests open new connections. Their deadline of 10 s must not apply to jobs on the same connections.
  const first = await Promise.all(Array.from({ length: 20 }, () => own.demo.place('field-notebook')));
  const end = performance.now() + 11_000;
  await until(
    () => performance.now(),
    (now) => now > end,
    'the deadline of those requests to pass',
  );
  const second = await Promise.all(Array.from({ length: 20 }, () => own.demo.place('field-notebook')));
  const placed = [...first, ...second].filter(({ status }) => status === 201);
  expect(second.map(({ status }) => status)).toEqual(second.map(() => 201));
  const ended = await Promise.all(placed.map(({ body }) => own.demo.ended(body.id)));
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['fulfilled']));
  // Each job is in the trace of its own order.
  for (const answer of second.slice(0, 3)) expect(attemptsIn((await own.traces.of(answer)).spans)).toHaveLength(1);
});
