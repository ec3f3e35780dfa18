import { trace, TraceFlags, type Context } from '@opentelemetry/api';
import { BEGINS_SEGMENT } from '@waymark/context';
import { SEGMENT_DETACHED, SEGMENT_LOST, SEGMENT_SPANS } from '@waymark/semantic-conventions';
import { nothing, type Span, type SpanProcessor } from '../provider/interfaces.ts';

/** What one process does for one entry: its first span, and every span below that in this process. */
interface Segment {
  readonly root: Span;
  spans: number;
  /** How many of them could not be kept for export. */
  lost: number;
  /** The ids of the detached tasks that were begun in it. */
  detached?: string[];
}

const SEGMENT = Symbol('waymark.segment');
type InSegment = { [SEGMENT]?: Segment };

/** How many detached tasks a segment promises: its root has an attribute for them, and an attribute should not be a book. */
export const DETACHED_PROMISES = 1_000;

/**
 * A span processor, for an SDK that `startTracing` did not start: add one, before the exporter's.
 * Counts the spans of each segment, and writes the count on its root as that ends (`waymark.segment.spans`, docs/manifest.md): whoever
 * reads the trace can tell how many spans there must be. A span that starts later makes the segment larger than it says.
 */
export class SegmentManifest implements SpanProcessor {
  onStart(span: Span & InSegment, parentContext: Context): void {
    // A parent in another process is known by its context alone, and has no segment here. A property is cheaper than a WeakMap.
    const above = (trace.getSpan(parentContext) as InSegment | undefined)?.[SEGMENT];
    const begins = !above || parentContext.getValue(BEGINS_SEGMENT) === true;
    if (begins && above) promise(above, span);
    const segment = begins ? { root: span, spans: 0, lost: 0 } : above;
    segment.spans += 1;
    span[SEGMENT] = segment;
    // A span that has reached the limit of attributes still takes another value of one it has.
    if (begins) span.setAttribute(SEGMENT_SPANS, 1);
  }
  onEnding(span: Span & InSegment): void {
    const segment = span[SEGMENT];
    // Any span says it, because the root may be lost as well.
    if (segment && segment.lost > 0) span.setAttribute(SEGMENT_LOST, segment.lost);
    if (segment?.root !== span) return;
    span.setAttribute(SEGMENT_SPANS, segment.spans);
    if (segment.detached) span.setAttribute(SEGMENT_DETACHED, segment.detached);
  }
  readonly onEnd = nothing;
  async forceFlush(): Promise<void> {
    // Nothing to deliver.
  }
  async shutdown(): Promise<void> {
    // Nothing to close.
  }
}

/** Notes that a span will not be exported. Spans of its segment that end later say so (`waymark.segment.lost`). */
export function noteLost(span: object): void {
  const segment = (span as InSegment)[SEGMENT];
  if (segment) segment.lost += 1;
}

/** What is begun after the root has ended is not promised: its root has been sent. */
function promise(segment: Segment, detached: Span): void {
  const { spanId, traceFlags } = detached.spanContext();
  const ids = (segment.detached ??= []);
  if (traceFlags & TraceFlags.SAMPLED && ids.length < DETACHED_PROMISES) ids.push(spanId);
}
