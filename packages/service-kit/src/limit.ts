import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** How many requests may wait for their turn, and for how long, in milliseconds: less than callers usually wait. */
const MAX_WAITING = 256;
const MAX_WAIT_MS = 1_000;

/**
 * Limits how many requests are handled at once. A few more may wait for a short time; the rest are shed. Without a limit, an overload makes
 * every request too slow to be useful.
 */
export class RequestLimit {
  readonly #max: () => number;
  readonly #maxWaitMs: number;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #active = 0;

  /**
   * @param max how many requests are handled at once; a function if the number changes
   * @param maxWaitMs how long a request may wait for its turn, in milliseconds
   */
  constructor(max: number | (() => number), maxWaitMs = MAX_WAIT_MS) {
    this.#max = typeof max === 'number' ? () => max : max;
    this.#maxWaitMs = maxWaitMs;
  }

  /** Whether another request would be shed. */
  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  /**
   * Runs `fn` when its turn comes.
   * @param isWanted false if the caller has gone; `fn` then does not run
   * @throws {Problem} 503 `overloaded` if its turn does not come in time
   */
  async run<T>(fn: () => Promise<T>, isWanted: () => boolean): Promise<T | undefined> {
    if (this.#active < this.#max()) this.#active += 1;
    else await this.#turn();
    try {
      return isWanted() ? await fn() : undefined;
    } finally {
      this.#active -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#active < this.#max()) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#active += 1;
      next.resolve();
    }
  }

  async #turn(): Promise<void> {
    if (this.isFull) throw overloaded();
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    const timer = setTimeout(() => {
      const at = this.#waiting.indexOf(turn);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      turn.reject(overloaded());
    }, this.#maxWaitMs);
    try {
      await turn.promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The problem that a shed request gets. */
export function overloaded(): Problem {
  return new Problem(503, 'overloaded', 'There are too many requests right now; try again in a second.', {
    headers: { 'retry-after': '1' },
  });
}

/** Koa middleware: handles a request when its turn comes, unless its caller has gone. */
export function limitRequests(limit: RequestLimit): Middleware {
  return async (ctx, next) => {
    await limit.run(next, () => !ctx.res.destroyed);
  };
}
