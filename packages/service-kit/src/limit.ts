import type { Middleware } from 'koa';
import { Problem } from './problem.ts';

/** How many requests may wait for their turn, and for how long, in milliseconds: less than callers usually wait. */
const MAX_WAITING = 256;
const MAX_WAIT_MS = 1_000;

/** The part of the places that one caller from outside may have, so that nobody can take all of them. */
const SHARE = 0.5;

/** Counts by key. A key without a count takes no memory. */
export class Counts {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Adds `by`, which may be negative, and returns the new count. */
  add(key: string, by: number): number {
    const count = this.of(key) + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
    return count;
  }
}

interface Waiting {
  caller: string | undefined;
  turn: PromiseWithResolvers<void>;
}

/**
 * Limits how many requests are handled at once. A few more may wait for a short time; the rest are shed. Without a limit, an overload makes
 * every request too slow to be useful. A caller that is known by name has at most half of the places.
 */
export class RequestLimit {
  readonly #max: () => number;
  readonly #maxWaitMs: number;
  readonly #active = new Counts();
  readonly #waiting: Waiting[] = [];
  #running = 0;

  /**
   * @param max how many requests are handled at once; a function if the number changes
   * @param maxWaitMs how long a request may wait for its turn, in milliseconds
   */
  constructor(max: number | (() => number), maxWaitMs = MAX_WAIT_MS) {
    this.#max = typeof max === 'number' ? () => max : max;
    this.#maxWaitMs = maxWaitMs;
  }

  /** Whether another request of this caller would be shed. */
  isFull(caller?: string): boolean {
    if (this.#waiting.length >= MAX_WAITING) return true;
    return caller !== undefined && this.#waiting.filter((one) => one.caller === caller).length >= MAX_WAITING * SHARE;
  }

  /**
   * Runs `fn` when its turn comes.
   * @param isWanted false if the caller has gone; `fn` then does not run
   * @param caller who sent the request, such as an address; undefined for callers that may have all places
   * @throws {Problem} 503 `overloaded` if its turn does not come in time
   */
  async run<T>(fn: () => Promise<T>, isWanted: () => boolean, caller?: string): Promise<T | undefined> {
    if (this.#mayRun(caller)) this.#count(caller, 1);
    else await this.#turn(caller);
    try {
      return isWanted() ? await fn() : undefined;
    } finally {
      this.#count(caller, -1);
      this.#admit();
    }
  }

  #count(caller: string | undefined, by: number): void {
    this.#running += by;
    if (caller !== undefined) this.#active.add(caller, by);
  }

  #mayRun(caller: string | undefined): boolean {
    const max = this.#max();
    return this.#running < max && (caller === undefined || this.#active.of(caller) < Math.ceil(max * SHARE));
  }

  #admit(): void {
    for (let at = 0; at < this.#waiting.length && this.#running < this.#max();) {
      const { caller, turn } = this.#waiting[at]!;
      if (!this.#mayRun(caller)) {
        at += 1;
        continue;
      }
      this.#waiting.splice(at, 1);
      this.#count(caller, 1);
      turn.resolve();
    }
  }

  async #turn(caller: string | undefined): Promise<void> {
    if (this.isFull(caller)) throw overloaded();
    const waiting: Waiting = { caller, turn: Promise.withResolvers() };
    this.#waiting.push(waiting);
    const timer = setTimeout(() => {
      const at = this.#waiting.indexOf(waiting);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      waiting.turn.reject(overloaded());
    }, this.#maxWaitMs);
    try {
      await waiting.turn.promise;
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

/** Koa middleware: handles a request when its turn comes, unless its caller has gone. At an entry, one address has at most half of the places. */
export function limitRequests(limit: RequestLimit, { entry }: { entry: boolean }): Middleware {
  return async (ctx, next) => {
    await limit.run(next, () => !ctx.res.destroyed, entry ? ctx.ip : undefined);
  };
}
