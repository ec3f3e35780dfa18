import { context, trace } from '@opentelemetry/api';
import { baggageAttributes } from './baggage.ts';

/** A pino `mixin`: each line written inside a span carries the span's `trace_id` and `span_id`, and the request's baggage. */
export function logCorrelation(): Record<string, unknown> {
  const active = context.active();
  const span = trace.getSpanContext(active);
  return span ? { trace_id: span.traceId, span_id: span.spanId, ...baggageAttributes(active) } : {};
}
