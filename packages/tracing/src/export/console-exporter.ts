import { inspect } from 'node:util';
import { ExportResultCode, hrTimeToMicroseconds } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '../provider/interfaces.ts';

/** Prints spans on stdout, with the same fields as the SDK's console exporter. */
export const consoleExporter: SpanExporter = {
  export(spans, done) {
    process.stdout.write(spans.map((span) => `${inspect(printed(span), { depth: 3 })}\n`).join(''));
    done({ code: ExportResultCode.SUCCESS });
  },
  shutdown: () => Promise.resolve(),
};

function printed(span: ReadableSpan): object {
  const { traceId, spanId: id, traceState } = span.spanContext();
  const { name, kind, attributes, status, events, links, instrumentationScope, parentSpanContext } = span;
  return {
    resource: { attributes: span.resource.attributes },
    instrumentationScope,
    traceId,
    parentSpanContext,
    traceState: traceState?.serialize(),
    name,
    id,
    kind,
    timestamp: hrTimeToMicroseconds(span.startTime),
    duration: hrTimeToMicroseconds(span.duration),
    attributes,
    status,
    events,
    links,
  };
}
