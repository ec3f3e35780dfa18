import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTraceStore, type RunningTraceStore } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { NODES, project, withProject } from './for-project.ts';
import { run } from './run.ts';

let store: RunningTraceStore;

/** Runs an example until `use` has finished, and then expects it to end by itself on SIGTERM. */
async function withExample(node: string, folder: string, main: string, use: (url: string) => Promise<void>): Promise<void> {
  const env = { ...process.env, PORT: '0', OTEL_SERVICE_NAME: 'example', OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl };
  const args = ['--import', '@waymark/tracing/register', main];
  const child = spawn(node, args, { cwd: project('examples', folder), env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const { value: url } = await lines.next();
    await use(String(url));
  } finally {
    child.kill('SIGTERM');
  }
  expect(await exit).toEqual([0, null]);
}

withProject('the examples', () => {
  beforeAll(async () => {
    store = await startTraceStore();
  });
  afterAll(() => store.close());

  test.each(Object.entries(NODES))('fastify-fetch, Node %s', async (_, node) => {
    await withExample(node, 'fastify-fetch', 'main.ts', async (url) => {
      const response = await fetch(`${url}/weather/oslo`);
      expect(await response.text()).toBe('oslo: 4 °C\n');
      const trace = await store.traces.of(response);
      expect(trace).toBeComplete();
      expect(trace).toMatchTree(`
        example SERVER GET /weather/{city} 200
          example CLIENT GET 200
            example SERVER GET /forecasts/{city} 200
          example INTERNAL "write the page" weather.celsius=4
      `);
    });
  });

  test.each(Object.entries(NODES))('express-queue, Node %s', async (_, node) => {
    await withExample(node, 'express-queue', 'main.js', async (url) => {
      const response = await fetch(`${url}/orders`, { method: 'POST' });
      const trace = await store.traces.of(response);
      expect(trace).toMatchTree(`
        example SERVER POST /orders 201
          example PRODUCER send receipts
            example CONSUMER process receipts ERROR waymark.job.attempt=1
            example CONSUMER process receipts waymark.job.attempt=2
      `);
      expect(trace).toHaveSpan({ events: ['receipt sent'] }, { exactly: 1 });
    });
  });

  test.each(Object.entries(NODES))('vitest-suite, Node %s', async (_, node) => {
    const env = { NO_COLOR: '1' };
    expect(await run({ cwd: project('examples/vitest-suite'), env }, node, project('node_modules/vitest/vitest.mjs'), 'run')).toContain(
      'Tests  2 passed (2)',
    );
  });
});
