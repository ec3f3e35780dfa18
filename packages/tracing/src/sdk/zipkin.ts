import type { HrTime } from '@opentelemetry/api';
import type { ExportResult } from '@opentelemetry/core';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/**
 * Sends spans to Zipkin in whole microseconds, at least one for each span. Our spans are more precise, and a Zipkin server refuses a whole
 * batch for one fraction (Zipkin API v2: `timestamp` and `duration` are int64).
 */
export class WholeMicrosecondsZipkinExporter extends ZipkinExporter {
  override export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    super.export(spans.map(inWholeMicroseconds), done);
  }
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
