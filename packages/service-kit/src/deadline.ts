import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** How many milliseconds the caller still waits. A span of time, not an instant: clocks differ between hosts. */
export const TIMEOUT_HEADER = 'x-timeout-ms';

/** The longest that a request may take when its caller names no shorter time, in milliseconds. */
const LONGEST = 10_000;

interface Deadline {
  /** On the monotonic clock, in milliseconds. */
  readonly at: number;
  /** Ends the work before its time. */
  readonly signal: AbortSignal | undefined;
}

const deadlines = new AsyncLocalStorage<Deadline>();

/**
 * Runs `fn` with at most `ms` milliseconds to go, and never more than the surrounding deadline leaves.
 * @param signal ends it earlier: when aborted, nothing is left
 */
export function withDeadline<T>(ms: number, fn: () => T, signal = deadlines.getStore()?.signal): T {
  return deadlines.run({ at: performance.now() + Math.min(ms, remainingMs()), signal }, fn);
}

/** Runs `fn` with `ms` milliseconds of its own, whatever the surrounding deadline leaves: for work that has to be done after a failure. */
export function withFreshDeadline<T>(ms: number, fn: () => T): T {
  return deadlines.run({ at: performance.now() + ms, signal: undefined }, fn);
}

/** Milliseconds until the deadline: zero or less once it has passed or was ended early, Infinity where there is none. */
export function remainingMs(): number {
  const deadline = deadlines.getStore();
  if (!deadline) return Infinity;
  return deadline.signal?.aborted ? 0 : deadline.at - performance.now();
}

/** The signal that ends the work at hand early, if it has one. */
export function deadlineSignal(): AbortSignal | undefined {
  return deadlines.getStore()?.signal;
}

/** The answer when time has run out while waiting for `what`. */
export function deadlineExceeded(what: string, cause?: unknown): Problem {
  return new Problem(504, 'deadline_exceeded', `${what} did not answer in time.`, {}, { cause });
}

/** Waits for `work`, at most `ms` milliseconds; false if it has not ended by then. Rejects as it does. */
export async function endsWithin(ms: number, work: Promise<unknown> | undefined): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late]);
  } finally {
    timer.abort();
  }
}

/**
 * Koa middleware: gives each request its deadline, so that no work goes on for an answer that nobody awaits. Inside the system it is the
 * caller's. At an entry the caller is a stranger, who must not decide when work is abandoned: there it is always 10 s.
 */
export function keepDeadline({ entry }: { entry: boolean }): Middleware {
  return (ctx, next) => {
    const asked = entry ? LONGEST : Number(ctx.get(TIMEOUT_HEADER) || LONGEST);
    return withDeadline(asked > 0 ? Math.min(asked, LONGEST) : LONGEST, next);
  };
}
