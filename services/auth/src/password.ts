import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { deadlineExceeded, Problem, remainingMs } from '@waymark/service-kit';

/** 16 MiB of memory for each hash: one of the parameter sets that OWASP's password storage guide gives for scrypt. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const MOST_MEMORY = 64 * 1024 * 1024;
const KEY_BYTES = 32;

/** Hashing is made to be slow and large: this bounds its memory, and how long somebody may wait for a turn. */
const AT_ONCE = 2;
const MOST_WAITING = 64;
let running = 0;
const waiting: (() => void)[] = [];

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** The password as it is stored: cost, salt and scrypt key, to be checked with `matches`, also when the cost of new ones is another. */
export async function hash(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await deriveBounded(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Whether the password is the one that was hashed. Takes as long for no hash as for a wrong password, so that timing tells no one who has an account. */
export async function matches(password: string, stored: string | undefined): Promise<boolean> {
  const { cost, salt, key } = parse(stored);
  const derived = await deriveBounded(password, salt, cost);
  return key.length === derived.length && timingSafeEqual(derived, key);
}

/** What is not a hash of ours has an empty key, which nothing matches. */
function parse(stored = ''): { cost: typeof COST; salt: Buffer; key: Buffer } {
  const [, N, r, p, salt = '', key = ''] = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored) ?? [];
  const cost = key ? { N: Number(N), r: Number(r), p: Number(p) } : COST;
  return { cost, salt: Buffer.from(salt, 'base64url'), key: Buffer.from(key, 'base64url') };
}

async function deriveBounded(password: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  await turn();
  try {
    // Nobody waits for it any more.
    if (remainingMs() <= 0) throw deadlineExceeded('The password check');
    return await derive(password.normalize('NFKC'), salt, KEY_BYTES, { ...cost, maxmem: MOST_MEMORY });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Whoever ends hands the turn over to the next in line. */
async function turn(): Promise<void> {
  if (waiting.length >= MOST_WAITING)
    throw new Problem(503, 'overloaded', 'Too many people are logging in just now; try again in a moment.', {
      headers: { 'retry-after': '2' },
    });
  if (running < AT_ONCE) running += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
}
