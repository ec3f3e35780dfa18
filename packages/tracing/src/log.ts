import { context, trace, type SpanContext } from '@opentelemetry/api';
import { baggageAttributes } from './baggage.ts';
import { flagsText } from './sdk/trace-context.ts';

/** The fields that name a span in a log line. */
export function logIds({ traceId, spanId, traceFlags }: SpanContext): { trace_id: string; span_id: string; trace_flags: string } {
  return { trace_id: traceId, span_id: spanId, trace_flags: flagsText(traceFlags) };
}

/** A pino `mixin`: adds `trace_id`, `span_id`, `trace_flags` and the allowed baggage to each line that is logged in a span. */
export function logCorrelation(): Record<string, unknown> {
  const active = context.active();
  const span = trace.getSpanContext(active);
  return span ? { ...logIds(span), ...baggageAttributes(active) } : {};
}
