import { createHook } from 'node:async_hooks';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hash, matches } from './password.ts';

/** Counts the scrypt runs of this process: each run is an async resource of Node. */
const runs = { begun: 0, atOnce: 0, mostAtOnce: 0 };
const running = new Set<number>();
const watch = createHook({
  init(id, type) {
    if (type !== 'SCRYPTREQUEST') return;
    running.add(id);
    runs.begun += 1;
    runs.mostAtOnce = Math.max(runs.mostAtOnce, running.size);
  },
  before: (id) => void running.delete(id),
});
beforeAll(() => void watch.enable());
afterAll(() => void watch.disable());
beforeEach(() => void Object.assign(runs, { begun: 0, mostAtOnce: 0 }));

const passwords = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

test('a hash matches only its own password', async () => {
  await fc.assert(
    fc.asyncProperty(passwords, passwords, async (right, wrong) => {
      fc.pre(right.normalize('NFKC') !== wrong.normalize('NFKC'));
      const stored = await hash(right);
      expect([await matches(right, stored), await matches(wrong, stored)]).toEqual([true, false]);
    }),
    { numRuns: 4 },
  );
});

test('a password matches in any Unicode composition', async () => {
  const stored = await hash('\u00e9lan \ufb01x');
  expect(await matches('e\u0301lan fix', stored)).toBe(true);
});

test('the same password gets a different hash each time, which contains its parameters but not the password', async () => {
  const [one, two] = await Promise.all([hash('waymark'), hash('waymark')]);
  expect(one).not.toBe(two);
  for (const stored of [one, two]) {
    expect(stored).toMatch(/^scrypt\$16384\$8\$5\$[\w-]{22}\$[\w-]{43}$/);
    expect(stored).not.toContain('waymark');
  }
});

/** Computed with Python: hashlib.scrypt(b'waymark', salt=b'0123456789abcdef', n=1024, r=4, p=2, dklen=32) */
const CHEAP = 'scrypt$1024$4$2$MDEyMzQ1Njc4OWFiY2RlZg$YySo6KYV45O_Gn-4eViat-7WXWZSw8WbS3zci7z_aWs';

test('checks a hash with the cost that it was stored with', async () => {
  expect(await matches('waymark', CHEAP)).toBe(true);
  expect(await matches('Waymark', CHEAP)).toBe(false);
});

test.each([
  ['nothing', undefined],
  ['an empty string', ''],
  ['another scheme', 'bcrypt$10$abc'],
  ['a hash without a key', 'scrypt$16384$8$5$AAAA$'],
])('nothing matches %s, and the check takes as long as for a hash', async (_, stored) => {
  expect(await matches('waymark', stored)).toBe(false);
  expect(await matches('', stored)).toBe(false);
  expect(runs.begun).toBe(2);
});

test('hashes at most two at once, lets 64 wait, and rejects the next', async () => {
  const all = Array.from({ length: 67 }, () => matches('waymark', CHEAP));
  const settled = await Promise.allSettled(all);
  expect(settled.slice(0, 66).every(({ status }) => status === 'fulfilled')).toBe(true);
  expect(settled[66]).toMatchObject({ status: 'rejected', reason: { status: 503, code: 'overloaded' } });
  expect(runs).toMatchObject({ begun: 66, mostAtOnce: 2 });
  expect(await matches('waymark', CHEAP)).toBe(true);
});
