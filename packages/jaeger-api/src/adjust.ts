import type { Attribute, Json, ResourceSpansJson, SpanJson } from '@waymark/span-store';

const SERVER = 2;
const CLIENT = 3;

/** Does what Jaeger does to a trace before it answers it, unless it is asked for the raw one. Changes the trace and returns it. */
export function adjust(trace: ResourceSpansJson[]): ResourceSpansJson[] {
  separateSharedIds(trace);
  sortCollections(trace);
  dropRepeatedSpans(trace);
  dropEmptyLinks(trace);
  return trace;
}

/** Zipkin's clients give a SERVER span the id of its CLIENT span. Such a SERVER span gets another id, and the CLIENT span as its parent. */
function separateSharedIds(trace: readonly ResourceSpansJson[]): void {
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

/** Sorts attributes by key, each key once with its last value, and events by time. */
function sortCollections(trace: readonly ResourceSpansJson[]): void {
  for (const { resource, scopeSpans } of trace)
    for (const holder of [resource, ...scopeSpans.map(({ scope }) => scope)]) sortAttributes(holder);
  for (const span of allSpans(trace)) {
    for (const holder of [span, ...(span.events ?? []), ...(span.links ?? [])]) sortAttributes(holder);
    span.events?.sort((a, b) => Number(time(a) - time(b)));
  }
}

function sortAttributes(holder: Json): void {
  const attributes = holder['attributes'] as Attribute[] | undefined;
  if (attributes === undefined) return;
  const byKey = new Map(attributes.map((attribute) => [attribute.key ?? '', attribute]));
  holder['attributes'] = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, attribute]) => attribute);
}

const time = (event: Json): bigint => BigInt((event['timeUnixNano'] as string | undefined) ?? 0);

/** Removes repeated spans: equal in every field, resource and scope. An exporter sent them again. */
function dropRepeatedSpans(trace: readonly ResourceSpansJson[]): void {
  const seen = new Set<string>();
  for (const { resource, scopeSpans } of trace) {
    for (const inner of scopeSpans) {
      const origin = JSON.stringify([resource, inner.scope]);
      inner.spans = inner.spans.filter((span) => {
        const before = seen.size;
        return seen.add(origin + JSON.stringify(span)).size > before;
      });
    }
  }
}

/** Removes links without ids. */
function dropEmptyLinks(trace: readonly ResourceSpansJson[]): void {
  for (const span of allSpans(trace)) {
    const links = span.links?.filter((link) => link['traceId'] !== undefined && link['spanId'] !== undefined) ?? [];
    if (links.length > 0) span.links = links;
    else delete span.links;
  }
}

/** All spans of a trace, in the order in which they are answered. */
const allSpans = (trace: readonly ResourceSpansJson[]): SpanJson[] =>
  trace.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
