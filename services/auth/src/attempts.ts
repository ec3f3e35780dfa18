import { createHash } from 'node:crypto';
import { deadlineExceeded, Problem, remainingMs, RequestLimit } from '@waymark/service-kit';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

const MINUTE = 60;

/** How many log-ins may fail before more are refused, and for how long they count. The address is locked out, not the account. */
const OF_ADDRESS = { points: 30, duration: 15 * MINUTE };
/** For one account from one address, as somebody who guesses one person's password. */
const OF_ADDRESS_AND_ACCOUNT = { points: 5, duration: 15 * MINUTE };
/** For one account from all addresses together. Short: it also stops its owner, unless the owner has logged in from there before. */
const OF_ACCOUNT = { points: 20, duration: MINUTE };
/** For so long an address from which a log-in succeeded is one of the owner's. Timers can be no longer than 24 days. */
const KNOWN = { points: 1, duration: 20 * 24 * 60 * MINUTE };

/** Many people behind one address may log in at the same moment. */
const MAX_TURN_WAIT_MS = 8_000;

/**
 * Counts failed log-ins, in the memory of this process. A counter is some 200 bytes and lives as long as its duration; one address can
 * make 30 failing attempts, so they stay few.
 */
export class LogInAttempts {
  readonly #address = new RateLimiterMemory({ keyPrefix: 'address', ...OF_ADDRESS });
  readonly #both = new RateLimiterMemory({ keyPrefix: 'both', ...OF_ADDRESS_AND_ACCOUNT });
  readonly #account = new RateLimiterMemory({ keyPrefix: 'account', ...OF_ACCOUNT });
  readonly #known = new RateLimiterMemory({ keyPrefix: 'known', ...KNOWN });
  readonly #turns = new Map<string, { limit: RequestLimit; users: number }>();

  /**
   * Runs `fn` after the earlier ones of the same address: guesses that are sent at once are counted one by one, and take no more than one
   * of the places for hashing.
   * @throws {Problem} 503 `overloaded` if the turn does not come soon; 504 if the request's time is over
   */
  async inTurn<T>(address: string, fn: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(address) ?? { limit: new RequestLimit(1, MAX_TURN_WAIT_MS), users: 0 };
    this.#turns.set(address, turn);
    turn.users += 1;
    try {
      const run = async (): Promise<{ result: T }> => ({ result: await fn() });
      const ran = await turn.limit.run(run, () => remainingMs() > 0);
      if (!ran) throw deadlineExceeded('The password check');
      return ran.result;
    } finally {
      turn.users -= 1;
      if (turn.users === 0) this.#turns.delete(address);
    }
  }

  /** @throws {Problem} 429 with Retry-After, if too many have failed. It does not matter whether there is such an account. */
  async check(email: string, address: string): Promise<void> {
    const { account, both } = keys(email, address);
    const spent = await Promise.all([
      spentFor(this.#address, OF_ADDRESS, address),
      spentFor(this.#both, OF_ADDRESS_AND_ACCOUNT, both),
      (await this.#known.get(both)) ? 0 : spentFor(this.#account, OF_ACCOUNT, account),
    ]);
    const seconds = Math.ceil(Math.max(...spent) / 1_000);
    if (seconds === 0) return;
    throw new Problem(429, 'too_many_attempts', `Too many log-ins have failed; try again in ${seconds} seconds.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }

  async failed(email: string, address: string): Promise<void> {
    const { account, both } = keys(email, address);
    await Promise.all([this.#address.penalty(address), this.#both.penalty(both), this.#account.penalty(account)]);
  }

  async succeeded(email: string, address: string): Promise<void> {
    const { both } = keys(email, address);
    await Promise.all([this.#both.delete(both), this.#known.set(both, 1, KNOWN.duration)]);
  }
}

/** Hashed: e-mail addresses stay out of memory dumps, and keys are of one length. */
function keys(email: string, address: string): { account: string; both: string } {
  const account = createHash('sha256').update(email.toLowerCase()).digest('base64url');
  return { account, both: `${account} ${address}` };
}

/** How many milliseconds it takes until more attempts are allowed; 0 if they are now. */
async function spentFor(limiter: RateLimiterMemory, { points }: { points: number }, key: string): Promise<number> {
  const counter: RateLimiterRes | null = await limiter.get(key);
  return counter && counter.consumedPoints >= points ? counter.msBeforeNext : 0;
}
