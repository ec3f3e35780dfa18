import type { ResourceSpansJson } from '@waymark/span-store';

/** Leaves out spans that are in the trace already, in every field and with the same resource and scope: an exporter sent them again. */
export function dropRepeatedSpans(trace: readonly ResourceSpansJson[]): void {
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
