import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';

/** The fields of the SDK's span that make its times. */
interface SpanClock {
  startTime: [seconds: number, nanoseconds: number];
  /** The start on the monotonic clock, in milliseconds; an end without a time of its own is counted from it. */
  readonly _performanceStartTime: number;
  /** What is added to a later moment of the monotonic clock. */
  _performanceOffset: number;
  /** Whether the caller has set the start, and means it. */
  readonly _startTimeProvided: boolean;
}

/**
 * Starts spans with the precision of the monotonic clock. The SDK starts each at a whole millisecond and ends it more precisely, so that
 * quick siblings seem to start at once, in any order, and a child may end after its parent.
 * It reads two fields of the SDK's span that are not public and writes two; its test fails if an SDK comes that has others.
 */
export class PreciseStart implements SpanProcessor {
  onStart(span: Span): void {
    const clock = span as Span & SpanClock;
    if (clock._startTimeProvided) return;
    clock._performanceOffset = wallClockOffset();
    clock.startTime = toHrTime(performance.timeOrigin + clock._performanceStartTime + clock._performanceOffset);
  }
  onEnd(): void {
    // Nothing to do.
  }
  async forceFlush(): Promise<void> {
    // Nothing to deliver.
  }
  async shutdown(): Promise<void> {
    // Nothing to close.
  }
}

/** Milliseconds from `performance.timeOrigin + performance.now()` to the wall clock. It is followed when it is set or drifts by a millisecond. */
let offset = atNextTick();

function wallClockOffset(): number {
  // The process may be suspended between two readings, so only what both sides of the wall clock's agree on is a difference.
  const before = precise();
  const wall = Date.now();
  const after = precise();
  if (after < wall) offset += wall - after;
  if (before > wall + 1) offset -= before - (wall + 1);
  return offset;
}

function precise(): number {
  return performance.timeOrigin + performance.now() + offset;
}

/** The wall clock shows whole milliseconds: only as it moves on is it known exactly. */
function atNextTick(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now - (performance.timeOrigin + performance.now());
}

function toHrTime(epochMs: number): SpanClock['startTime'] {
  const seconds = Math.trunc(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}
