import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** How many requests may wait for one that is being handled, and for how long, in milliseconds: less than a patient caller waits. */
const MAX_WAITING = 256;
const MAX_WAIT_MS = 1_000;

/**
 * Bounds how many requests are handled at once. A few more may wait a little; the rest are shed. Without a bound, every request of an
 * overload is handled too slowly to be of use to anybody.
 */
export class RequestLimit {
  readonly #max: () => number;
  readonly #maxWaitMs: number;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #active = 0;

  /**
   * @param max how many requests are handled at once; a function if that changes
   * @param maxWaitMs how long others may wait for their turn, in milliseconds
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
   * @param isWanted false if nobody waits for the answer any more; `fn` then does not run
   * @throws {Problem} 503 `overloaded` if the turn does not come soon enough
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

/** The answer to a request that is shed. */
export function overloaded(): Problem {
  return new Problem(503, 'overloaded', 'There are too many requests at the moment; try again in a second.', {
    headers: { 'retry-after': '1' },
  });
}

/** Koa middleware: handles a request when its turn comes, unless its caller has gone by then. */
export function limitRequests(limit: RequestLimit): Middleware {
  return async (ctx, next) => {
    await limit.run(next, () => !ctx.res.destroyed);
  };
}
