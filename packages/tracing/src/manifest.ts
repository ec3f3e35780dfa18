import { trace, type Context } from '@opentelemetry/api';
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import { SEGMENT_SPANS } from './names.ts';

/** What one process does for one entry: its first span, and every span below that in this process. */
interface Segment {
  readonly root: Span;
  spans: number;
}

const SEGMENT = Symbol('waymark.segment');
type InSegment = { [SEGMENT]?: Segment };

/**
 * Counts the spans of each segment, and writes the count on its root as that ends (`waymark.segment.spans`, docs/manifest.md): whoever
 * reads the trace can tell how many spans there must be. A span that starts later makes the segment larger than it says.
 */
export class SegmentManifest implements SpanProcessor {
  onStart(span: Span & InSegment, parentContext: Context): void {
    // A parent in another process is known by its context alone, and has no segment here. A property is cheaper than a WeakMap.
    const parent = trace.getSpan(parentContext) as InSegment | undefined;
    const segment = parent?.[SEGMENT] ?? { root: span, spans: 0 };
    segment.spans += 1;
    span[SEGMENT] = segment;
  }
  onEnding(span: Span & InSegment): void {
    const segment = span[SEGMENT];
    if (segment?.root === span) span.setAttribute(SEGMENT_SPANS, segment.spans);
  }
  onEnd(): void {
    // All is done before the end.
  }
  async forceFlush(): Promise<void> {
    // Nothing to deliver.
  }
  async shutdown(): Promise<void> {
    // Nothing to close.
  }
}
