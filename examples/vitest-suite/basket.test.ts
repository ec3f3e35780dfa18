/** Starts a trace store and the service in the test process, sends requests, and checks the traces. */
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-testing';
import '@waymark/trace-testing/vitest';
import { shutdownTracing, startTracing } from '@waymark/tracing';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basketService } from './basket.ts';

let store: RunningTraceStore;
let app: FastifyInstance;
let url: string;

beforeAll(async () => {
  store = await startTraceStore();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = store.otlpUrl;
  startTracing({ resource: { 'service.name': 'basket' } });
  app = await basketService();
  url = await app.listen({ port: 0 });
});

afterAll(async () => {
  await app.close();
  await shutdownTracing();
  await store.close();
});

test('a basket is priced in a span of its own', async () => {
  const trace = await store.traces.of(await fetch(`${url}/prices/lamp,lantern`));
  expect(trace).toBeComplete();
  expect(trace).toMatchTree(`
    basket SERVER GET /prices/{basket} 200
      basket INTERNAL "price the basket" basket.items=2
  `);
});

test('a basket with an unknown item is not priced', async () => {
  const trace = await store.traces.of(await fetch(`${url}/prices/sofa`));
  expect(trace).toHaveSpan({ name: 'GET /prices/{basket}', attributes: { 'http.response.status_code': 422 } });
  expect(trace).not.toHaveSpan({ name: 'price the basket' });
});
