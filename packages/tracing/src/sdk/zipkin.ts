import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '../provider/interfaces.ts';

/**
 * The exporter, given whole microseconds, at least one for each span. Our spans are more precise, and a Zipkin server refuses a whole
 * batch for one fraction (Zipkin API v2: `timestamp` and `duration` are int64).
 */
export function wholeMicroseconds(zipkin: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => zipkin.export(spans.map(inWholeMicroseconds), done),
    shutdown: () => zipkin.shutdown(),
  };
}

/** Both ends are rounded down, so that a child stays inside its parent. */
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
