import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-testing';
import '@waymark/trace-testing/vitest';

let store: RunningTraceStore;

beforeAll(async () => {
  store = await startTraceStore();
  const body = readFileSync(new URL('../order.otlp.json', import.meta.url));
  await fetch(`${store.otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
});
afterAll(() => store.close());

test('the order is traced', async () => {
  const trace = await store.traces.of('5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25');
  expect(trace).toBeComplete();
  expect(trace).toMatchTree('gateway POST /v1/orders 201\n  *');
  expect(trace).not.toHaveSpan({ service: 'auth' });
  expect(() => expect(trace).toHaveSpan({ service: 'auth' })).toThrow('none of the 5 spans');
});
