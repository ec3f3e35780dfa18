import { grpcServer } from './http/grpc-server.ts';
import { Intake } from './http/intake.ts';
import { http1, listen, stop, type Stoppable } from './http/listen.ts';
import { otlpServer } from './http/otlp-server.ts';
import type { StoreStats } from './store/trace-store.ts';
import { TraceStore } from './store/trace-store.ts';

export interface SpanStoreOptions {
  /** The port for OTLP/HTTP, 4318 by default. 0 is any free port. */
  readonly otlpPort?: number;
  /** The port for OTLP/gRPC. 4317 by default, or any free port if `otlpPort` is 0. */
  readonly grpcPort?: number;
  readonly host?: string;
  /** Origins such as `https://shop.example` whose pages may send spans from a browser. `*` is any origin. None by default. */
  readonly corsOrigins?: readonly string[];
  /** The memory for traces, in MB (1,000,000 bytes). 128 by default. */
  readonly memoryMb?: number;
  /** The largest request body in bytes, compressed or not. 16 MB by default. */
  readonly maxBodyBytes?: number;
  readonly maxSpansPerRequest?: number;
  /** The largest trace, in spans. It may also take at most a quarter of the memory. Further spans are rejected. */
  readonly maxSpansPerTrace?: number;
  /** The largest attribute in bytes, key and value together. Longer values are cut. */
  readonly maxAttributeBytes?: number;
}

/** What the store holds, and what it has received since the start. */
export interface SpanStoreStats extends StoreStats {
  readonly receivedSpans: number;
  readonly rejectedSpans: number;
  readonly refusedRequests: number;
  readonly failedRequests: number;
}

export interface RunningSpanStore {
  readonly store: TraceStore;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`, such as `http://127.0.0.1:4318`. */
  readonly otlpUrl: string;
  /** The same for exporters that use gRPC, such as `http://127.0.0.1:4317`. */
  readonly grpcUrl: string;
  readonly stats: () => SpanStoreStats;
  /** Answers the requests in progress, then stops listening and deletes everything. */
  readonly close: () => Promise<void>;
}

/** The largest span, and the largest resource or scope, in bytes. Each is decoded at once and then takes many times as much memory. */
const DECODED_AT_ONCE = { maxSpanBytes: 1_000_000, maxOriginBytes: 100_000 };
/** How many bodies of the largest size may be in progress at once. */
const MAX_BODIES = 4;

/** Starts receiving spans in this process. Rejects with an `Error` that names the port if it is in use. */
export async function startSpanStore(options: SpanStoreOptions = {}): Promise<RunningSpanStore> {
  const { otlpPort = 4318, grpcPort = otlpPort === 0 ? 0 : 4317, host = '127.0.0.1', memoryMb = 128, corsOrigins = [] } = options;
  const { maxBodyBytes = 16_000_000, maxSpansPerRequest = 100_000, maxSpansPerTrace = 100_000, maxAttributeBytes = 65_536 } = options;
  const store = new TraceStore(memoryMb * 1_000_000, maxSpansPerTrace);
  const intake = new Intake(MAX_BODIES * maxBodyBytes);
  const limits = { maxBodyBytes, maxSpans: maxSpansPerRequest, maxAttributeBytes, ...DECODED_AT_ONCE };
  const receiver = { store, limits, intake };
  const otlp = http1(otlpServer(receiver, corsOrigins));
  const otlpUrl = await listen(otlp, otlpPort, host, 'OTLP/HTTP');
  const grpc: Stoppable = grpcServer(receiver, otlpUrl);
  const grpcUrl = await listen(grpc, grpcPort, host, 'OTLP/gRPC').catch(async (error: unknown) => {
    await stop(otlp);
    throw error;
  });
  return {
    store,
    otlpUrl,
    grpcUrl,
    stats: () => ({
      ...store.stats(),
      receivedSpans: intake.received,
      rejectedSpans: intake.rejected,
      refusedRequests: intake.refusedRequests,
      failedRequests: intake.failedRequests,
    }),
    close: async () => void (await Promise.all([otlp, grpc].map(stop))),
  };
}
