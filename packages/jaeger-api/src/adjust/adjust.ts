import type { ResourceSpansJson } from '@waymark/span-store';
import { dropEmptyLinks } from './empty-links.ts';
import { dropRepeatedSpans } from './repeated-spans.ts';
import { separateSharedIds } from './shared-ids.ts';
import { sortCollections } from './sort-collections.ts';

/** Does what Jaeger does to a trace before it answers it, unless it is asked for the raw one. Changes the trace and returns it. */
export function adjust(trace: ResourceSpansJson[]): ResourceSpansJson[] {
  separateSharedIds(trace);
  sortCollections(trace);
  dropRepeatedSpans(trace);
  dropEmptyLinks(trace);
  return trace;
}
