import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** How many spans this process handed to its trace backend, and how many the backend did not take. */
export interface Deliveries {
  delivered: number;
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
    deliveries[failed ? 'lost' : 'delivered'] += spans.length;
    if (failed && !failing)
      warn(`Spans cannot be delivered and are being lost: ${result.error?.message ?? 'the trace backend refused them'}`);
    if (!failed && failing) warn(`Spans are delivered again; ${deliveries.lost} were lost since the start`);
    failing = failed;
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        count(spans, result);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
