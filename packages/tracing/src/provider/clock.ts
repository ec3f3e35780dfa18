import type { HrTime } from '@opentelemetry/api';

const { timeOrigin } = performance;

/**
 * Milliseconds from `performance.timeOrigin + performance.now()` to the wall clock. The wall clock shows whole milliseconds: it is known
 * exactly only as it moves on.
 */
let offset = atNextTick();
let comparedAt = -Infinity;

/**
 * When the monotonic clock was at zero, by the wall clock, in milliseconds since 1970: times have the precision of the first and the date of
 * the second. When the wall clock is set or drifts by a millisecond, it is followed.
 * @param now the monotonic clock's time
 */
export function monotonicZero(now: number): number {
  // The wall clock has nothing new to say within its own precision.
  if (now - comparedAt >= 1) {
    comparedAt = now;
    followWallClock();
  }
  return timeOrigin + offset;
}

/** Milliseconds since 1970 as seconds and nanoseconds. */
export function toHrTime(epochMs: number): HrTime {
  const seconds = Math.trunc(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}

function followWallClock(): void {
  const before = precise();
  const wall = Date.now();
  // The process may be suspended between two readings, so only what both sides of the wall clock's agree on is a difference.
  if (before > wall + 1) offset -= before - (wall + 1);
  else if (before < wall) {
    const after = precise();
    if (after < wall) offset += wall - after;
  }
}

function precise(): number {
  return timeOrigin + performance.now() + offset;
}

function atNextTick(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now - (timeOrigin + performance.now());
}
