import { createServer } from 'node:http';
import { jaegerApi } from '@waymark/jaeger-api';
import { http1, listen, startSpanStore, stop } from '@waymark/span-store';
import type { RunningSpanStore, SpanStoreOptions, SpanStoreStats } from '@waymark/span-store';
import { serveUi } from '@waymark/trace-ui';

export interface TraceStoreOptions extends SpanStoreOptions {
  /** The port for the UI and Jaeger's query API, 16686 by default. 0 is any free port. */
  readonly uiPort?: number;
}

/** What the store holds, and what it has received since the start. */
export type TraceStoreStats = SpanStoreStats;

export interface RunningTraceStore extends Omit<RunningSpanStore, 'store'> {
  /** The UI and the query API, such as `http://127.0.0.1:16686`. */
  readonly url: string;
}

/** Starts a trace backend in this process. Rejects with an `Error` that names the port if one is in use. */
export async function startTraceStore({ uiPort = 16686, ...options }: TraceStoreOptions = {}): Promise<RunningTraceStore> {
  const { store, otlpUrl, grpcUrl, stats, close } = await startSpanStore(options);
  const api = jaegerApi(store, stats);
  const server = http1(
    createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const answer = /^\/api(\/|\?|$)/.test(request.url ?? '') ? api : serveUi;
      answer(request, response).catch(() => response.destroy());
    }),
  );
  try {
    const url = await listen(server, uiPort, options.host ?? '127.0.0.1', 'UI and query API');
    return { otlpUrl, grpcUrl, url, stats, close: async () => void (await Promise.all([stop(server), close()])) };
  } catch (error) {
    await close();
    throw error;
  }
}
