import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** How many milliseconds the caller will still wait. It is a duration and not a point in time, because clocks differ between hosts. */
export const TIMEOUT_HEADER = 'x-timeout-ms';

/** The longest time that a request may take, in milliseconds. Callers can ask for less. */
const LONGEST = 10_000;

interface Deadline {
  /** On the monotonic clock, in milliseconds. */
  readonly at: number;
  /** Ends the work before the deadline. */
  readonly signal: AbortSignal | undefined;
}

const deadlines = new AsyncLocalStorage<Deadline>();

/**
 * Runs `fn` with a deadline in `ms` milliseconds, or with the surrounding deadline if that is earlier.
 * @param signal ends the time early when aborted
 */
export function withDeadline<T>(ms: number, fn: () => T, signal = deadlines.getStore()?.signal): T {
  return deadlines.run({ at: performance.now() + Math.min(ms, remainingMs()), signal }, fn);
}

/** Runs `fn` with a deadline in `ms` milliseconds and ignores the surrounding one: for work that must be done after a failure. */
export function withFreshDeadline<T>(ms: number, fn: () => T): T {
  return deadlines.run({ at: performance.now() + ms, signal: undefined }, fn);
}

/** Milliseconds until the deadline: zero or less if it has passed or was ended early, Infinity if there is none. */
export function remainingMs(): number {
  const deadline = deadlines.getStore();
  if (!deadline) return Infinity;
  return deadline.signal?.aborted ? 0 : deadline.at - performance.now();
}

/** The signal that ends the current work early, if there is one. */
export function deadlineSignal(): AbortSignal | undefined {
  return deadlines.getStore()?.signal;
}

/** The problem to throw when the deadline passes while waiting for `what`. */
export function deadlineExceeded(what: string, cause?: unknown): Problem {
  return new Problem(504, 'deadline_exceeded', `${what} did not answer in time.`, {}, { cause });
}

/** Waits at most `ms` milliseconds for `work`. Resolves with false if it has not ended by then; rejects if `work` rejects. */
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
 * Koa middleware: gives each request a deadline, so that work stops when its caller has stopped waiting. Between services, the deadline is
 * the caller's. At the entry it is always 10 s, because callers from outside must not decide when work is abandoned.
 */
export function keepDeadline({ entry }: { entry: boolean }): Middleware {
  return (ctx, next) => {
    const asked = entry ? LONGEST : Number(ctx.get(TIMEOUT_HEADER) || LONGEST);
    return withDeadline(asked > 0 ? Math.min(asked, LONGEST) : LONGEST, next);
  };
}
