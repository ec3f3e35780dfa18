import { outlinesOf } from '@waymark/span-store';
import type { StoredTrace, TraceStore } from '@waymark/span-store';

/** How often one service was the parent of a span of another. */
export interface Link {
  readonly parent: string;
  readonly child: string;
  callCount: number;
}

/** Counts the parent-child pairs of all traces that are completely between two times, in nanoseconds. It may pause between traces. */
export function* dependencies(store: TraceStore, from: bigint, to: bigint): Generator<undefined, Link[]> {
  const links = new Map<string, Link>();
  for (const trace of store.newestFirst()) {
    countLinks(trace, from, to, links);
    yield;
  }
  return [...links.values()];
}

function countLinks(trace: StoredTrace, from: bigint, to: bigint, links: Map<string, Link>): void {
  const spans = trace.chunks.flatMap((chunk) => [...outlinesOf(chunk)].map((span) => ({ span, service: chunk.resource.service })));
  const outside = ({ span }: (typeof spans)[number]): boolean =>
    BigInt(span.startTimeUnixNano ?? 0) < from || BigInt(span.endTimeUnixNano ?? 0) > to;
  if (spans.some(outside)) return;
  // As in Jaeger, the first span with an id counts.
  const services = new Map(spans.toReversed().map(({ span, service }) => [span.spanId, service]));
  for (const { span, service: child } of spans) {
    const parent = span.parentSpanId === undefined ? undefined : services.get(span.parentSpanId);
    // Work within a service is not a call, and there is far more of it. Jaeger counted it up to 2.13.
    if (parent === undefined || parent === child) continue;
    const key = JSON.stringify([parent, child]);
    const link = links.get(key);
    if (link === undefined) links.set(key, { parent, child, callCount: 1 });
    else link.callCount++;
  }
}
