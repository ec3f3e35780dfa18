/** A small Jaeger-compatible trace backend: OTLP in, bounded memory, Jaeger's query API and a UI out. */
export type { RunningTraceStore, TraceStoreOptions, TraceStoreStats } from './start-trace-store.ts';
export { startTraceStore } from './start-trace-store.ts';
