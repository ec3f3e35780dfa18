import type { ResourceSpansJson } from '../../store/read-trace.ts';
import { noteClockSkew } from './clock-skew.ts';
import { dropRepeatedSpans } from './repeated-spans.ts';
import { separateSharedIds } from './shared-ids.ts';
import { sortCollections } from './sort-collections.ts';
import { dropEmptyLinks, moveLibraryAttributes, writeIpAddresses } from './span-attributes.ts';

/**
 * What Jaeger does to a trace before it shows it, unless it is asked for the raw one. Changes the trace, which must have been decoded for
 * this call, and returns it. As in Jaeger with its defaults, a clock skew is remarked upon and not corrected.
 */
export function adjust(trace: ResourceSpansJson[]): ResourceSpansJson[] {
  separateSharedIds(trace);
  sortCollections(trace);
  dropRepeatedSpans(trace);
  noteClockSkew(trace);
  writeIpAddresses(trace);
  moveLibraryAttributes(trace);
  dropEmptyLinks(trace);
  return trace;
}
