import { expect, test } from '@jest/globals';
import '@waymark/trace-testing/jest';
import { FULFILLED_ORDER, OUT_OF_STOCK } from '../scenarios/parts.ts';
import { startOwnShop } from './own-shop.ts';

test('of 200 concurrent orders for the last 50 in stock, 50 are accepted and fulfilled once, and each has its own trace', async () => {
  // So that no request waits or is rejected.
  await using own = await startOwnShop({ all: { MAX_REQUESTS: '256' } });
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
}, 120_000);
