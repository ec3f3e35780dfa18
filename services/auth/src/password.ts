import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { deadlineExceeded, Problem, remainingMs } from '@waymark/service-kit';

/** One of the parameter sets that OWASP's password storage guide recommends for scrypt: 16 MiB of memory per hash. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const MOST_MEMORY = 64 * 1024 * 1024;
const KEY_BYTES = 32;

/** Hashing is slow and needs much memory by design. These limits bound its memory and how long callers wait. */
const AT_ONCE = 2;
const MOST_WAITING = 64;
let running = 0;
const waiting: (() => void)[] = [];

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Hashes a password for storage: cost, salt and scrypt key. `matches` can check it even after the cost of new hashes has changed. */
export async function hash(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await deriveBounded(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password matches the hash. Without a hash it takes as long as for a wrong password, so that timing does not reveal who has an account. */
export async function matches(password: string, stored: string | undefined): Promise<boolean> {
  const { cost, salt, key } = parse(stored);
  const derived = await deriveBounded(password, salt, cost);
  return key.length === derived.length && timingSafeEqual(derived, key);
}

/** An invalid hash gets an empty key, which matches nothing. */
function parse(stored = ''): { cost: typeof COST; salt: Buffer; key: Buffer } {
  const [, N, r, p, salt = '', key = ''] = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored) ?? [];
  const cost = key ? { N: Number(N), r: Number(r), p: Number(p) } : COST;
  return { cost, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}

async function deriveBounded(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  await turn();
  try {
    // The caller's deadline has passed, so nobody needs the result.
    if (remainingMs() <= 0) throw deadlineExceeded('The password check');
    return await derive(password.normalize('NFKC'), salt, KEY_BYTES, { ...cost, maxmem: MOST_MEMORY });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Waits for a slot. Each hash that ends passes its slot to the next caller in line. */
async function turn(): Promise<void> {
  if (waiting.length >= MOST_WAITING)
    throw new Problem(503, 'overloaded', 'Too many people are logging in right now; try again in 2 seconds.', {
      headers: { 'retry-after': '2' },
    });
  if (running < AT_ONCE) running += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}
