import { context, trace, type SpanContext } from '@opentelemetry/api';
import { baggageAttributes } from './baggage.ts';
import { flagsText } from './sdk/trace-context.ts';

/** What a log line carries of a span. */
export function logIds({ traceId, spanId, traceFlags }: SpanContext): { trace_id: string; span_id: string; trace_flags: string } {
  return { trace_id: traceId, span_id: spanId, trace_flags: flagsText(traceFlags) };
}

/** A pino `mixin`: each line written inside a span carries the span's `trace_id`, `span_id` and `trace_flags`, and the request's baggage. */
export function logCorrelation(): Record<string, unknown> {
  const active = context.active();
  const span = trace.getSpanContext(active);
  return span ? { ...logIds(span), ...baggageAttributes(active) } : {};
}
