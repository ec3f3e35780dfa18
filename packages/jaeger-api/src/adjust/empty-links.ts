import type { ResourceSpansJson } from '@waymark/span-store';
import { allSpans } from './all-spans.ts';

/** Removes links without ids. */
export function dropEmptyLinks(trace: readonly ResourceSpansJson[]): void {
  for (const span of allSpans(trace)) {
    const links = span.links?.filter((link) => link['traceId'] !== undefined && link['spanId'] !== undefined) ?? [];
    if (links.length > 0) span.links = links;
    else delete span.links;
  }
}
