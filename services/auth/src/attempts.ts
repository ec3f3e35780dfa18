import { createHash } from 'node:crypto';
import { deadlineExceeded, Problem, remainingMs, RequestLimit, type Sql } from '@waymark/service-kit';
import { countAttempt, hasLoggedInFrom, uncountAttempt } from './auth-db.ts';

const MINUTE = 60;

/** How many failed log-ins one address may have, and for how long they count. The address is locked out, not the account. */
const OF_ADDRESS = { most: 30, seconds: 15 * MINUTE };
/** The limit for one account from one address: somebody guesses one person's password. */
const OF_ADDRESS_AND_ACCOUNT = { most: 5, seconds: 15 * MINUTE };
/** The limit for one account from all addresses together. It is short, because it also locks out the owner, except at addresses where the owner has logged in before. */
const OF_ACCOUNT = { most: 20, seconds: MINUTE };

/** Long, because many people may log in from one address at the same time. */
const MAX_TURN_WAIT_MS = 8_000;

/** Counts failed log-ins in the database, for all processes of the service together. */
export class LogInAttempts {
  readonly #sql: Sql;
  readonly #turns = new Map<string, { limit: RequestLimit; users: number }>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Runs `fn` after the earlier calls of the same address. So guesses that are sent at the same time use only one of the slots for
   * hashing.
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

  /**
   * Counts an attempt before its outcome is known. If attempts were counted after they failed, other processes could check more guesses in
   * the meantime.
   * @throws {Problem} 429 with Retry-After after too many failures. The account need not exist.
   */
  async begin(email: string, address: string): Promise<void> {
    const windows = windowsOf(email, address);
    const counts = await countAttempt(this.#sql, windows);
    const spent = counts.filter(({ key, count }) => count > (windows.find((one) => one.key === key)?.most ?? Infinity));
    if (spent.length === 0) return;
    const isOwners = spent.every(({ key }) => key === keyOfAccount(email)) && (await hasLoggedInFrom(this.#sql, email, address));
    if (isOwners) return;
    await this.withdraw(email, address);
    const seconds = Math.ceil(Math.max(...spent.map((one) => one.seconds)));
    throw new Problem(429, 'too_many_attempts', `Too many failed log-ins; try again in ${seconds} seconds.`, {
      headers: { 'retry-after': String(seconds) },
    });
  }

  /** The attempt does not count: its password was not checked. */
  async withdraw(email: string, address: string): Promise<void> {
    await uncountAttempt(this.#sql, keysOf(windowsOf(email, address)));
  }

  /** The attempt did not fail. Earlier failures at this account from this address are forgotten too. */
  async succeeded(email: string, address: string): Promise<void> {
    const windows = windowsOf(email, address);
    await uncountAttempt(this.#sql, keysOf(windows), windows[1].key);
  }
}

/** E-mail addresses are hashed, so that the keys do not name people and have all the same length. */
const keyOfAccount = (email: string): string => createHash('sha256').update(email.toLowerCase()).digest('base64url');

function windowsOf(email: string, address: string) {
  const account = keyOfAccount(email);
  return [
    { key: address, ...OF_ADDRESS },
    { key: `${account} ${address}`, ...OF_ADDRESS_AND_ACCOUNT },
    { key: account, ...OF_ACCOUNT },
  ] as const;
}

const keysOf = (windows: readonly { key: string }[]): string[] => windows.map(({ key }) => key);
