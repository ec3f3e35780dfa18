const { throws } = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { test } = require('node:test');
const { hasSpan, holds, holdsNot, isComplete, matchTree, startTraceStore } = require('@waymark/trace-testing');

test('the order is traced', async (t) => {
  const store = await startTraceStore();
  t.after(() => store.close());
  const body = readFileSync(`${__dirname}/../order.otlp.json`);
  await fetch(`${store.otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const trace = await store.traces.of('5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25');
  holds(isComplete(trace));
  holds(matchTree(trace, 'gateway POST /v1/orders 201\n  *'));
  holdsNot(hasSpan(trace, { service: 'auth' }));
  throws(() => holds(hasSpan(trace, { service: 'auth' })), /none of the 5 spans/);
});
