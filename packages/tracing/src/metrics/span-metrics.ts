import { metrics } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import type { Deliveries } from '../export/span-queue.ts';

/** Reports what became of this process's own spans, by the semantic conventions for SDKs. Each count starts at 0, so that its first increase is seen. */
export function observeSpans(deliveries: Readonly<Deliveries>): void {
  const meter = metrics.getMeter('@waymark/tracing');
  const exported = meter.createObservableCounter('otel.sdk.exporter.span.exported', {
    unit: '{span}',
    description: 'Spans for which the export has ended. With error.type: they were lost.',
  });
  exported.addCallback((result) => {
    const { refused, shutdown } = deliveries.lostBy;
    result.observe(deliveries.delivered);
    result.observe(refused, { [ATTR_ERROR_TYPE]: 'rejected' });
    result.observe(shutdown, { [ATTR_ERROR_TYPE]: 'shutdown' });
  });
  const dropped = meter.createObservableCounter('otel.sdk.processor.span.processed', {
    unit: '{span}',
    description: 'Spans that were lost before their export, because the queue was full.',
  });
  dropped.addCallback((result) => result.observe(deliveries.lostBy.queueFull, { [ATTR_ERROR_TYPE]: 'queue_full' }));
  const waiting = meter.createObservableUpDownCounter('otel.sdk.processor.span.queue.size', {
    unit: '{span}',
    description: 'Spans that wait for their export.',
  });
  waiting.addCallback((result) => result.observe(deliveries.waiting));
}
