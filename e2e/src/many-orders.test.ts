import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { judge } from '@waymark/trace-model';
import { tracesFrom } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { FULFILLED_ORDER, OUT_OF_STOCK } from './scenarios/parts.ts';
import { shopUnderTest } from './shop/shop-under-test.ts';
import { Shopper, type Answer } from './shop/shopper.ts';

const { gateway, traces: tracesUrl } = shopUnderTest();
/** ORDERS=1000 for a long run. */
const ORDERS = Number(process.env['ORDERS'] || 60);
const MOST_AT_ONCE = 16;
const PRODUCTS = ['tea-pot', 'field-notebook', 'trail-map', 'desk-lamp', 'oak-stool'];

test(`${ORDERS} orders at random concurrency: each trace is complete and has no findings`, async () => {
  const demo = new Shopper(gateway);
  await demo.logIn();
  const traces = tracesFrom(tracesUrl);
  const answers: Answer[] = [];
  while (answers.length < ORDERS) {
    const wave = Math.min(randomInt(1, MOST_AT_ONCE + 1), ORDERS - answers.length);
    answers.push(...(await Promise.all(Array.from({ length: wave }, () => demo.place(PRODUCTS[randomInt(PRODUCTS.length)] ?? '')))));
  }
  for (const answer of answers) {
    const trace = await traces.of(answer, { timeoutMs: 60_000 });
    expect([201, 409]).toContain(answer.status);
    expect(trace).toMatchTree(answer.status === 201 ? FULFILLED_ORDER : OUT_OF_STOCK);
    expect(trace).toBeComplete();
    const { completeness, outcome, findings } = judge(trace);
    expect({ by: completeness.by, outcome: outcome.state, findings }).toEqual({ by: 'manifest', outcome: 'ok', findings: [] });
  }
}, 600_000);
