/** Receives OTLP over HTTP and gRPC and keeps the spans, encoded, in bounded memory. */
export type { RunningSpanStore, SpanStoreOptions, SpanStoreStats } from './start-span-store.ts';
export { startSpanStore } from './start-span-store.ts';
export { http1, listen, stop } from './http/listen.ts';

// What readers of the store need.
export type { TraceStore } from './store/trace-store.ts';
export type { Chunk, StoredTrace } from './store/stored-trace.ts';
export { traceIdOf } from './store/stored-trace.ts';
export type { PlacedSpan, ResourceSpansJson, SpanJson, SpanOutlineJson } from './store/read-trace.ts';
export { isGone, outlinesOf, readSpans, readTrace, spansOf } from './store/read-trace.ts';
export type { ServerSpan } from './store/server-spans.ts';
export { serverSpansOf } from './store/server-spans.ts';
export { spanBytes } from './store/span-log.ts';
export { decode } from './otlp/decode.ts';
export type { Json } from './otlp/decode.ts';
export { ResourceSpans, ScopeSpans } from './otlp/schema.ts';
export type { Attribute } from './otlp/attributes.ts';
export { attributesOf, attributeText, scalar } from './otlp/attributes.ts';
export type { Holder } from './budget.ts';
export { Budget, OverBudget } from './budget.ts';
export { inPieces, inTurns } from './turns.ts';
