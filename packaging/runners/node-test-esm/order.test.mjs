import { throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { hasSpan, holds, holdsNot, isComplete, matchTree, startTraceStore } from '@waymark/trace-testing';

test('the order is traced', async (t) => {
  const store = await startTraceStore();
  t.after(() => store.close());
  const body = readFileSync(new URL('../order.otlp.json', import.meta.url));
  await fetch(`${store.otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const trace = await store.traces.of('5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25');
  holds(isComplete(trace));
  holds(matchTree(trace, 'gateway POST /v1/orders 201\n  *'));
  holdsNot(hasSpan(trace, { service: 'auth' }));
  throws(() => holds(hasSpan(trace, { service: 'auth' })), /none of the 5 spans/);
});
