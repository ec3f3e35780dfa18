import { Intake } from './http/intake.ts';
import { listen, stop } from './http/listen.ts';
import { otlpServer } from './http/otlp-server.ts';
import { queryServer } from './http/query-server.ts';
import type { StoreStats } from './store/trace-store.ts';
import { TraceStore } from './store/trace-store.ts';

export interface TraceStoreOptions {
  /** Where OTLP/HTTP is received; 0 for any free port. */
  readonly otlpPort?: number;
  /** Where the UI and Jaeger's query API are; 0 for any free port. */
  readonly uiPort?: number;
  readonly host?: string;
  /** How much memory traces may take, in MB (1,000,000 bytes). */
  readonly memoryMb?: number;
  /** The largest request body, compressed or not, in bytes. */
  readonly maxBodyBytes?: number;
  readonly maxSpansPerRequest?: number;
  /** The largest attribute, key and value together, in bytes; what is longer is cut. */
  readonly maxAttributeBytes?: number;
}

/** What the store holds, and what its OTLP port has received since the start. */
export interface TraceStoreStats extends StoreStats {
  readonly receivedSpans: number;
  readonly rejectedSpans: number;
  readonly refusedRequests: number;
  readonly failedRequests: number;
}

export interface RunningTraceStore {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, such as `http://127.0.0.1:4318`. */
  readonly otlpUrl: string;
  /** The UI and the query API, such as `http://127.0.0.1:16686`. */
  readonly url: string;
  stats(): TraceStoreStats;
  /** Stops listening and forgets everything. Requests under way are answered first. */
  close(): Promise<void>;
}

/** So many bodies of the largest size may be under way at a time. */
const MAX_BODIES = 4;

/** Starts a trace backend in this process. Rejects with an `Error` that names the port when one is in use. */
export async function startTraceStore(options: TraceStoreOptions = {}): Promise<RunningTraceStore> {
  const { otlpPort = 4318, uiPort = 16686, host = '127.0.0.1', memoryMb = 128 } = options;
  const { maxBodyBytes = 16_000_000, maxSpansPerRequest = 100_000, maxAttributeBytes = 65_536 } = options;
  const store = new TraceStore(memoryMb * 1_000_000);
  const intake = new Intake(MAX_BODIES * maxBodyBytes);
  const stats = (): TraceStoreStats => ({
    ...store.stats(),
    receivedSpans: intake.received,
    rejectedSpans: intake.rejected,
    refusedRequests: intake.refusedRequests,
    failedRequests: intake.failedRequests,
  });
  const otlp = otlpServer(store, { maxBodyBytes, maxSpans: maxSpansPerRequest, maxAttributeBytes }, intake);
  const query = queryServer(store, stats);
  const otlpUrl = await listen(otlp, otlpPort, host, 'OTLP/HTTP');
  const url = await listen(query, uiPort, host, 'UI and query API').catch(async (error: unknown) => {
    await stop(otlp);
    throw error;
  });
  const close = async (): Promise<void> => void (await Promise.all([stop(otlp), stop(query)]));
  return { otlpUrl, url, stats, close };
}
