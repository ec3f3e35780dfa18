import type { ResourceSpansJson } from '@waymark/span-store';

/** Removes repeated spans: equal in every field, resource and scope. An exporter sent them again. */
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
