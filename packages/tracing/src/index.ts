export { SpanKind } from '@opentelemetry/api';
export { extract, inject, type Carrier } from './carrier.ts';
export { activeTraceId, responseHeaders } from './http.ts';
export { traced } from './koa.ts';
export { logCorrelation } from './log.ts';
export { consume, deadLetter, produce, type Attempt, type Message } from './messaging.ts';
export { annotate, failActive, span, type SpanOptions } from './span.ts';
export { shutdownTracing, startTracing, type Tracing } from './start.ts';
export { traceRequests, type TracedRequest } from './undici.ts';
