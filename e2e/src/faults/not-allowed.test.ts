import { expect, test } from '@jest/globals';
import '@waymark/trace-testing/jest';
import { startOwnShop } from '../own-shop/own-shop.ts';

const ASKED = { 'x-waymark-fault': 'inventory-error', baggage: 'waymark.requested_faults=inventory-error' };

const REPORT_MODULES = new URL('report-modules.ts', import.meta.url).href;

test('where faults are not allowed, nobody can ask for one, and none of their code is loaded', async () => {
  await using own = await startOwnShop({ all: { FAULTS_FILE: '', NODE_OPTIONS: `--import=${REPORT_MODULES}` } });
  const answer = await own.demo.place('field-notebook', 1, undefined, ASKED);
  expect(answer.status).toBe(201);
  const trace = await own.traces.of(answer);
  expect(trace).toHaveNoErrors();
  expect(trace.spans.flatMap(({ attributes }) => Object.keys(attributes).filter((name) => name.includes('fault')))).toEqual([]);
  expect(await (await fetch(`${own.shop.urls.gateway}/page-config.json`)).json()).toMatchObject({ faults: [] });
  expect(own.shop.lines('order').filter((line) => line.includes('loaded '))).toEqual([]);
});
