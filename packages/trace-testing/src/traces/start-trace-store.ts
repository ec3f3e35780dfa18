import { tracesFrom, type Traces } from './traces.ts';

/** A trace backend in this process. */
export interface RunningTraceStore extends AsyncDisposable {
  /** Where services send spans: the value of `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otlpUrl: string;
  /** The UI, and Jaeger's query API. */
  readonly url: string;
  /** The traces in it. */
  readonly traces: Traces;
  /** Stops it and deletes its traces. `await using` does the same at the end of the block. */
  close(): Promise<void>;
}

const MEMORY_MB = 64;

/** Starts a trace backend in this process, on free ports, so that a test suite needs no Docker. It keeps at most 64 MB, and deletes the oldest traces first. */
export async function startTraceStore(): Promise<RunningTraceStore> {
  // Loaded only when it is used: most suites read from a backend that is already running.
  const { startTraceStore: start } = await import('@waymark/trace-store');
  const backend = await start({ otlpPort: 0, uiPort: 0, memoryMb: MEMORY_MB });
  const { otlpUrl, url } = backend;
  const close = (): Promise<void> => backend.close();
  return { otlpUrl, url, traces: tracesFrom(url), close, [Symbol.asyncDispose]: close };
}
