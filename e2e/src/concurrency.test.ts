import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FULFILLED_ORDER, OUT_OF_STOCK } from './testing/parts.ts';
import type { Shopper } from './testing/shopper.ts';
import { startTracedShop, type TracedShop } from './testing/traced-shop.ts';

let traced: TracedShop;
let demo: Shopper;

beforeAll(async () => {
  traced = await startTracedShop();
  demo = traced.shopper();
  await demo.logIn();
}, 60_000);
afterAll(async () => traced?.[Symbol.asyncDispose]());

test('200 orders at once for the last 50 in stock: 50 are accepted and fulfilled once, and each has a trace of its own', async () => {
  expect(await demo.available('brass-bell')).toBe(50);
  const answers = await Promise.all(Array.from({ length: 200 }, () => demo.place('brass-bell')));
  const accepted = answers.filter(({ status }) => status === 201);
  expect(answers.filter(({ status }) => status !== 201).map(({ status }) => status)).toEqual(Array(150).fill(409));
  expect(accepted).toHaveLength(50);
  expect(await demo.available('brass-bell')).toBe(0);

  for (const { body } of accepted) expect(await demo.ended(body.id)).toMatchObject({ status: 'fulfilled' });
  expect(await demo.available('brass-bell')).toBe(0);
  expect(new Set(answers.map(({ traceId }) => traceId)).size).toBe(200);

  for (const answer of answers) await traced.expectTrace(answer, answer.status === 201 ? FULFILLED_ORDER : OUT_OF_STOCK);
  expect(traced.traces.spans.filter(({ kind }) => kind === 'CONSUMER')).toHaveLength(50);
}, 120_000);
