import type { Section } from './critical-path.ts';
import type { Span, Trace } from './trace.ts';

/** The first start and the last end, in nanoseconds since 1970. */
export interface Extent {
  readonly start: bigint;
  readonly end: bigint;
}

export function extent(trace: Trace): Extent {
  let start = trace.spans[0]?.start ?? 0n;
  let end = start;
  for (const span of trace.spans) {
    if (span.start < start) start = span.start;
    for (const time of [span.start, span.end]) if (time > end) end = time;
  }
  return { start, end };
}

/** Draws the time of a span as a bar, at least one column wide: `█` on the critical path, `░` elsewhere. */
export function bar(span: Span, path: readonly Section[], { start, end }: Extent, width: number): string {
  const scale = width / Math.max(1, Number(end - start));
  const column = (time: bigint): number => Math.min(width, Math.max(0, Number(time - start) * scale));
  const cells = Array.from({ length: width }, () => ' ');
  const draw = (from: bigint, to: bigint, glyph: string): void => {
    const first = Math.min(width - 1, Math.floor(column(from)));
    const last = Math.max(first + 1, Math.round(column(to)));
    cells.fill(glyph, first, last);
  };
  draw(span.start, span.end, '░');
  for (const section of path) draw(section.start, section.end, '█');
  return cells.join('');
}
