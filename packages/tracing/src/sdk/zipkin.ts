import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '../provider/interfaces.ts';

/**
 * Wraps the exporter so that times are whole microseconds, and durations at least one. Our spans are more precise, but a Zipkin server
 * rejects a whole batch because of one fraction (Zipkin API v2: `timestamp` and `duration` are int64).
 */
export function wholeMicroseconds(zipkin: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => zipkin.export(spans.map(inWholeMicroseconds), done),
    shutdown: () => zipkin.shutdown(),
  };
}

/** Rounds both the start and the end down, so that a child stays within its parent. */
function inWholeMicroseconds(span: ReadableSpan): ReadableSpan {
  const startTime = roundedDown(span.startTime);
  const [endSeconds, endNs] = roundedDown(span.endTime);
  const ns = (endSeconds - startTime[0]) * 1e9 + endNs - startTime[1];
  const duration: HrTime = ns < 1_000 ? [0, 1_000] : [Math.floor(ns / 1e9), ns % 1e9];
  return Object.create(span, { startTime: { value: startTime }, duration: { value: duration } }) as ReadableSpan;
}

function roundedDown([seconds, ns]: HrTime): HrTime {
  return [seconds, ns - (ns % 1_000)];
}
