import { createHash } from 'node:crypto';
import { deadlineExceeded, Problem, remainingMs, RequestLimit } from '@waymark/service-kit';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

const MINUTE = 60;

/** How many failed log-ins one address may have, and for how long they count. The address is locked out, not the account. */
const OF_ADDRESS = { points: 30, duration: 15 * MINUTE };
/** The limit for one account from one address: somebody guesses one person's password. */
const OF_ADDRESS_AND_ACCOUNT = { points: 5, duration: 15 * MINUTE };
/** The limit for one account from all addresses together. It is short, because it also locks out the owner, except at addresses where the owner has logged in before. */
const OF_ACCOUNT = { points: 20, duration: MINUTE };
/** How long an address counts as the owner's after a successful log-in. A timer cannot be longer than 24 days. */
const KNOWN = { points: 1, duration: 20 * 24 * 60 * MINUTE };

/** Long, because many people may log in from one address at the same time. */
const MAX_TURN_WAIT_MS = 8_000;

/**
 * Counts failed log-ins in the memory of this process. A counter has about 200 bytes and lives as long as its duration. One address can fail
 * only 30 times, so there are few counters.
 */
export class LogInAttempts {
  readonly #address = new RateLimiterMemory({ keyPrefix: 'address', ...OF_ADDRESS });
  readonly #both = new RateLimiterMemory({ keyPrefix: 'both', ...OF_ADDRESS_AND_ACCOUNT });
  readonly #account = new RateLimiterMemory({ keyPrefix: 'account', ...OF_ACCOUNT });
  readonly #known = new RateLimiterMemory({ keyPrefix: 'known', ...KNOWN });
  readonly #turns = new Map<string, { limit: RequestLimit; users: number }>();

  /**
   * Runs `fn` after the earlier calls of the same address. So guesses that are sent at the same time are counted one by one, and use only one
   * of the slots for hashing.
   * @throws {Problem} 503 `overloaded` if its turn does not come in time, 504 at the request's deadline
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

  /** @throws {Problem} 429 with Retry-After after too many failures. The account need not exist. */
  async check(email: string, address: string): Promise<void> {
    const { account, both } = keys(email, address);
    const spent = await Promise.all([
      spentFor(this.#address, OF_ADDRESS, address),
      spentFor(this.#both, OF_ADDRESS_AND_ACCOUNT, both),
      (await this.#known.get(both)) ? 0 : spentFor(this.#account, OF_ACCOUNT, account),
    ]);
    const seconds = Math.ceil(Math.max(...spent) / 1_000);
    if (seconds === 0) return;
    throw new Problem(429, 'too_many_attempts', `Too many failed log-ins; try again in ${seconds} seconds.`, {
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

/** E-mail addresses are hashed, so that they are not in memory dumps and all keys have the same length. */
function keys(email: string, address: string): { account: string; both: string } {
  const account = createHash('sha256').update(email.toLowerCase()).digest('base64url');
  return { account, both: `${account} ${address}` };
}

/** Returns the milliseconds until the next attempt is allowed; 0 if it is allowed now. */
async function spentFor(limiter: RateLimiterMemory, { points }: { points: number }, key: string): Promise<number> {
  const counter: RateLimiterRes | null = await limiter.get(key);
  return counter && counter.consumedPoints >= points ? counter.msBeforeNext : 0;
}
