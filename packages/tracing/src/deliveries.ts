import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** What became of the sampled spans that ended in this process; the three add up to all of them. */
export interface Deliveries {
  /** In the queue, or sent and not yet answered. */
  waiting: number;
  delivered: number;
  /** Not taken by the trace backend, or not by the full queue. */
  lost: number;
}

/**
 * Wraps an exporter so that what it delivers and loses is counted in `deliveries`,
 * and so that `warn` is called once when deliveries begin to fail and once when they succeed again.
 */
export function countDeliveries(exporter: SpanExporter, deliveries: Deliveries, warn: (message: string) => void): SpanExporter {
  let failing = false;
  const count = (spans: ReadableSpan[], result: ExportResult): void => {
    const failed = result.code !== ExportResultCode.SUCCESS;
    deliveries.waiting -= spans.length;
    deliveries[failed ? 'lost' : 'delivered'] += spans.length;
    if (failed && !failing)
      warn(`Spans cannot be delivered and are being lost: ${result.error?.message || 'the trace backend refused them'}`);
    if (!failed && failing) warn(`Spans are delivered again; ${deliveries.lost} were lost since the start`);
    failing = failed;
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        count(spans, result);
        // The loss is dealt with. Told of it, the SDK's last flush would not wait for the other batches.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

/** Wraps a span processor so that at most `limit` spans wait: what ends beyond that is lost, counted, and warned of the first time. */
export function limitWaiting(
  processor: SpanProcessor,
  limit: number,
  deliveries: Deliveries,
  warn: (message: string) => void,
): SpanProcessor {
  let warned = false;
  const lose = (): void => {
    deliveries.lost += 1;
    if (!warned) warn(`Spans are being lost: ${limit} wait for the trace backend, and OTEL_BSP_MAX_QUEUE_SIZE allows no more`);
    warned = true;
  };
  return {
    onStart: (span, parent) => processor.onStart(span, parent),
    onEnd(span) {
      if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
      if (deliveries.waiting >= limit) return lose();
      deliveries.waiting += 1;
      processor.onEnd(span);
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

/** Says how many spans were lost in all, if any were: for a process that is about to end, when no more can be. */
export function warnOfLosses({ lost }: Deliveries, warn: (message: string) => void): void {
  if (lost > 0) warn(`Spans lost since the start: ${lost}`);
}
