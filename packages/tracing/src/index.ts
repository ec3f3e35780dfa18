export { SpanKind } from '@opentelemetry/api';
export {
  annotate,
  event,
  extract,
  failActive,
  inject,
  messageAttributes,
  span,
  type Carrier,
  type ReceivedCarrier,
  type SpanOptions,
} from '@waymark/context';
export { PROBLEM_CODE } from '@waymark/semantic-conventions';
export { activeTraceId, responseHeaders } from './http/conventions.ts';
export { traceRefused, type Refused } from './http/refused.ts';
export { expectTracedCaller } from './http/server-span.ts';
export { logCorrelation } from './log.ts';
export { cancelled, consume, deadLetter, linkItems, PoisonError, produce, type Attempt, type Message } from './messaging/messaging.ts';
export { meter } from './metrics/start-metrics.ts';
export { SegmentManifest } from './sdk/manifest.ts';
export { shutdownTracing, startTracing, type Tracing, type TracingOptions } from './sdk/start.ts';
