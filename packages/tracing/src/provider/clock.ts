import type { HrTime } from '@opentelemetry/api';

/**
 * Milliseconds from `performance.timeOrigin + performance.now()` to the wall clock. The wall clock shows whole milliseconds: it is known
 * exactly only as it moves on.
 */
let offset = atNextTick();

/**
 * When the monotonic clock was at zero, by the wall clock, in milliseconds since 1970: times have the precision of the first and the date of
 * the second. When the wall clock is set or drifts by a millisecond, it is followed.
 */
export function monotonicZero(): number {
  const before = precise();
  const wall = Date.now();
  // The process may be suspended between two readings, so only what both sides of the wall clock's agree on is a difference.
  if (before > wall + 1) offset -= before - (wall + 1);
  else if (before < wall) {
    const after = precise();
    if (after < wall) offset += wall - after;
  }
  return performance.timeOrigin + offset;
}

/** Milliseconds since 1970 as seconds and nanoseconds. */
export function toHrTime(epochMs: number): HrTime {
  const seconds = Math.trunc(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}

function precise(): number {
  return performance.timeOrigin + performance.now() + offset;
}

function atNextTick(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now - (performance.timeOrigin + performance.now());
}
