import type { ResourceSpansJson, SpanJson } from '@waymark/span-store';

/** All spans of a trace, in the order in which they are answered. */
export const allSpans = (trace: readonly ResourceSpansJson[]): SpanJson[] =>
  trace.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
