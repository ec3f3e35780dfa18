import { context, trace } from '@opentelemetry/api';
import { baggageAttributes } from './baggage.ts';
import { flagsText } from './trace-context.ts';

/** A pino `mixin`: each line written inside a span carries the span's `trace_id`, `span_id` and `trace_flags`, and the request's baggage. */
export function logCorrelation(): Record<string, unknown> {
  const active = context.active();
  const span = trace.getSpanContext(active);
  if (!span) return {};
  return { trace_id: span.traceId, span_id: span.spanId, trace_flags: flagsText(span.traceFlags), ...baggageAttributes(active) };
}
