// Jest's CommonJS sandbox cannot load the trace store. Its global setup runs outside of the sandbox, and one store serves all test files.
const { readFileSync } = require('node:fs');
const { startTraceStore } = require('@waymark/trace-testing');

module.exports = async () => {
  const store = await startTraceStore();
  globalThis.traceStore = store;
  process.env.TRACES_URL = store.url;
  const body = readFileSync(`${__dirname}/order.otlp.json`);
  await fetch(`${store.otlpUrl}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
};
