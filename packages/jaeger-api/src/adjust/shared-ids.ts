import type { ResourceSpansJson } from '@waymark/span-store';
import { allSpans } from './all-spans.ts';

const SERVER = 2;
const CLIENT = 3;

/** Zipkin's clients give a SERVER span the id of its CLIENT span. Such a SERVER span gets another id, and the CLIENT span as its parent. */
export function separateSharedIds(trace: readonly ResourceSpansJson[]): void {
  const spans = allSpans(trace);
  const clients = new Set(spans.filter(({ kind }) => kind === CLIENT).map(({ spanId }) => spanId));
  const shared = spans.filter(({ kind, spanId }) => kind === SERVER && clients.has(spanId));
  if (shared.length === 0) return;
  const used = new Set(spans.map(({ spanId }) => spanId));
  const renamed = new Map<string, string>();
  let last = 0n;
  for (const span of shared) {
    let id: string;
    do id = (++last).toString(16).padStart(16, '0');
    while (used.has(id));
    renamed.set(span.spanId, id);
    span.parentSpanId = span.spanId;
    span.spanId = id;
  }
  for (const span of spans) {
    const parent = renamed.get(span.parentSpanId ?? '');
    if (parent !== undefined && parent !== span.spanId) span.parentSpanId = parent;
  }
}
