import { AsyncLocalStorage } from 'node:async_hooks';
import type { Middleware } from 'koa';

/** How many milliseconds the caller still waits. A span of time, not an instant: clocks differ between hosts. */
export const TIMEOUT_HEADER = 'x-timeout-ms';

/** The longest that a request may take when its caller names no shorter time, in milliseconds. */
const LONGEST = 10_000;

const deadlines = new AsyncLocalStorage<number>();

/** Runs `fn` with at most `ms` milliseconds to go, and no more than are left already. */
export function withDeadline<T>(ms: number, fn: () => T): T {
  return deadlines.run(performance.now() + Math.min(ms, remainingMs()), fn);
}

/** Milliseconds until the deadline of the request at hand: negative once it has passed, Infinity where there is none. */
export function remainingMs(): number {
  return (deadlines.getStore() ?? Infinity) - performance.now();
}

/** Koa middleware: takes the caller's deadline over, so that no work goes on for an answer that nobody awaits. */
export const keepDeadline: Middleware = (ctx, next) => {
  const asked = Number(ctx.get(TIMEOUT_HEADER) || LONGEST);
  return withDeadline(asked > 0 ? Math.min(asked, LONGEST) : LONGEST, next);
};
