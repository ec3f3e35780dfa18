import { isGone, outlinesOf, traceIdOf } from '@waymark/span-store';
import type { SpanOutlineJson, StoredTrace } from '@waymark/span-store';

const ERROR = 2;

interface ServiceCounts {
  readonly name: string;
  spanCount: number;
  errorSpanCount: number;
}

/** The entries of Jaeger's `/api/v3/trace-summaries` (2.19 and later), with commas between them. */
export function* summariesText(traces: readonly StoredTrace[]): Generator<string> {
  let comma = '';
  for (const trace of traces) {
    if (isGone(trace)) continue;
    yield comma + JSON.stringify(summarize(trace));
    comma = ',';
  }
}

/** The root is the earliest span without a parent. */
function summarize(trace: StoredTrace): object {
  const spans = trace.chunks.flatMap((chunk) => [...outlinesOf(chunk)].map((span) => ({ span, service: chunk.resource.service })));
  const ids = new Set(spans.map(({ span }) => span.spanId));
  const roots = spans.filter(({ span }) => span.parentSpanId === undefined);
  const root = roots.sort((a, b) => Number(start(a.span) - start(b.span)))[0];
  const services = countServices(spans);
  return {
    traceId: traceIdOf(trace.key),
    rootServiceName: root?.service ?? '',
    rootOperationName: root?.span.name ?? '',
    minStartTimeUnixNano: String(spans.reduce((least, { span }) => (start(span) < least ? start(span) : least), start(spans[0]?.span))),
    maxEndTimeUnixNano: String(spans.reduce((most, { span }) => (end(span) > most ? end(span) : most), 0n)),
    spanCount: spans.length,
    errorSpanCount: services.reduce((sum, { errorSpanCount }) => sum + errorSpanCount, 0),
    orphanSpanCount: spans.filter(({ span }) => span.parentSpanId !== undefined && !ids.has(span.parentSpanId)).length,
    services,
  };
}

function countServices(spans: readonly { span: SpanOutlineJson; service: string }[]): ServiceCounts[] {
  const byName = new Map<string, ServiceCounts>();
  for (const { span, service } of spans) {
    const counts = byName.get(service) ?? { name: service, spanCount: 0, errorSpanCount: 0 };
    counts.spanCount++;
    if (span.status.code === ERROR) counts.errorSpanCount++;
    byName.set(service, counts);
  }
  return [...byName.values()];
}

const start = (span: SpanOutlineJson | undefined): bigint => BigInt(span?.startTimeUnixNano ?? 0);
const end = (span: SpanOutlineJson): bigint => BigInt(span.endTimeUnixNano ?? 0);
