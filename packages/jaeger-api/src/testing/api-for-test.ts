import { createServer } from 'node:http';
import { afterEach } from '@jest/globals';
import { http1, listen, startSpanStore, stop } from '@waymark/span-store';
import type { SpanStoreOptions } from '@waymark/span-store';
import { jaegerApi } from '../jaeger-api.ts';

/** A span store and the API for it, on free ports. */
export interface RunningApi {
  readonly url: string;
  readonly otlpUrl: string;
  readonly close: () => Promise<void>;
}

export async function startApi(options: SpanStoreOptions = {}): Promise<RunningApi> {
  const { store, stats, otlpUrl, close } = await startSpanStore({ otlpPort: 0, ...options });
  const api = jaegerApi(store, stats);
  const server = http1(
    createServer({ keepAliveTimeout: 60_000 }, (request, response) => void api(request, response).catch(() => response.destroy())),
  );
  const url = await listen(server, 0, '127.0.0.1', 'the API');
  return { url, otlpUrl, close: async () => void (await Promise.all([stop(server), close()])) };
}

const running: RunningApi[] = [];

/** Starts a span store and the API for it. They are closed after the test. */
export async function apiForTest(options: SpanStoreOptions = {}): Promise<RunningApi> {
  const api = await startApi(options);
  running.push(api);
  return api;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.close()));
});
