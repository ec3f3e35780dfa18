import { grpcServer } from './http/grpc-server.ts';
import { Intake } from './http/intake.ts';
import { http1, listen, stop, type Stoppable } from './http/listen.ts';
import { otlpServer } from './http/otlp-server.ts';
import { queryServer } from './http/query-server.ts';
import type { StoreStats } from './store/trace-store.ts';
import { TraceStore } from './store/trace-store.ts';

export interface TraceStoreOptions {
  /** Where OTLP/HTTP is received, 4318 by default; 0 for any free port. */
  readonly otlpPort?: number;
  /** Where OTLP/gRPC is received; 0 for any free port. By default 4317, or any free port when `otlpPort` is 0. */
  readonly grpcPort?: number;
  /** Where the UI and Jaeger's query API are, 16686 by default; 0 for any free port. */
  readonly uiPort?: number;
  readonly host?: string;
  /** Origins such as `https://shop.example` whose pages may send spans from a browser; `*` for any. None by default. */
  readonly corsOrigins?: readonly string[];
  /** How much memory traces may take, in MB (1,000,000 bytes). */
  readonly memoryMb?: number;
  /** The largest request body, compressed or not, in bytes. */
  readonly maxBodyBytes?: number;
  readonly maxSpansPerRequest?: number;
  /** The largest trace, in spans; it may also take no more than a quarter of the memory. Further spans are rejected. */
  readonly maxSpansPerTrace?: number;
  /** The largest attribute, key and value together, in bytes; what is longer is cut. */
  readonly maxAttributeBytes?: number;
}

/** What the store holds, and what its OTLP ports have received since the start. */
export interface TraceStoreStats extends StoreStats {
  readonly receivedSpans: number;
  readonly rejectedSpans: number;
  readonly refusedRequests: number;
  readonly failedRequests: number;
}

export interface RunningTraceStore {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, such as `http://127.0.0.1:4318`. */
  readonly otlpUrl: string;
  /** The same for exporters that speak gRPC, such as `http://127.0.0.1:4317`. */
  readonly grpcUrl: string;
  /** The UI and the query API, such as `http://127.0.0.1:16686`. */
  readonly url: string;
  stats(): TraceStoreStats;
  /** Stops listening and forgets everything. Requests under way are answered first. */
  close(): Promise<void>;
}

/** The largest span, and the largest resource or scope, in bytes. Each is decoded in one go and then takes many times as much memory. */
const DECODED_AT_ONCE = { maxSpanBytes: 1_000_000, maxOriginBytes: 100_000 };
/** How many bodies of the largest size may be under way at a time. */
const MAX_BODIES = 4;

/** Starts a trace backend in this process. Rejects with an `Error` that names the port when one is in use. */
export async function startTraceStore(options: TraceStoreOptions = {}): Promise<RunningTraceStore> {
  const { otlpPort = 4318, grpcPort = otlpPort === 0 ? 0 : 4317, uiPort = 16686, host = '127.0.0.1' } = options;
  const { memoryMb = 128, corsOrigins = [] } = options;
  const { maxBodyBytes = 16_000_000, maxSpansPerRequest = 100_000, maxSpansPerTrace = 100_000, maxAttributeBytes = 65_536 } = options;
  const store = new TraceStore(memoryMb * 1_000_000, maxSpansPerTrace);
  const intake = new Intake(MAX_BODIES * maxBodyBytes);
  const stats = (): TraceStoreStats => ({
    ...store.stats(),
    receivedSpans: intake.received,
    rejectedSpans: intake.rejected,
    refusedRequests: intake.refusedRequests,
    failedRequests: intake.failedRequests,
  });
  const limits = { maxBodyBytes, maxSpans: maxSpansPerRequest, maxAttributeBytes, ...DECODED_AT_ONCE };
  const receiver = { store, limits, intake };
  const running: Stoppable[] = [];
  const close = async (): Promise<void> => void (await Promise.all(running.splice(0).map(stop)));
  const start = async (server: Stoppable, port: number, purpose: string): Promise<string> => {
    const url = await listen(server, port, host, purpose);
    running.push(server);
    return url;
  };
  try {
    const otlpUrl = await start(http1(otlpServer(receiver, corsOrigins)), otlpPort, 'OTLP/HTTP');
    const grpcUrl = await start(grpcServer(receiver, otlpUrl), grpcPort, 'OTLP/gRPC');
    const url = await start(http1(queryServer(store, stats)), uiPort, 'UI and query API');
    return { otlpUrl, grpcUrl, url, stats, close };
  } catch (error) {
    await close();
    throw error;
  }
}
