import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, type Database as TestDatabase } from '@waymark/local-stack';
import { openDatabase, type Database, type Problem } from '@waymark/service-kit';
import { recordLog } from '@waymark/service-kit/testing';
import { LogInAttempts } from './attempts.ts';
import { config } from './config.ts';
import { auditTrail, type AuditTrail } from './audit-trail.ts';
import { pruneAttempts, pruneAuditTrail, pruneSessions } from './auth-db.ts';
import { introspect } from './introspect.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';
import { authService } from './service.ts';
import { seedUsers } from './seed-users.ts';

const { log, lines } = recordLog();
const DEMO = 'demo@waymark.test';
let empty: TestDatabase;
let db: Database;
let audit: AuditTrail;

beforeAll(async () => {
  empty = await testDatabase();
  const service = authService(config({ DATABASE_URL: empty.url, INTERNAL_SECRET: 'a secret of the tests' }), log);
  await service.migrate?.();
  await service.start?.();
  await service.stop?.();
  db = openDatabase(empty.url, log);
  audit = auditTrail(db);
});
afterAll(async () => {
  await audit.close();
  await db.close();
  await empty.drop();
});
beforeEach(async () => {
  await db.query('truncate sessions, audit_trail, log_in_attempts');
});

const enter = async (email: string, password: string, address = '192.0.2.1') =>
  logIn({ db, attempts: new LogInAttempts(db), audit }, { email, password, address });
const demo = async (): Promise<string> => (await enter(DEMO, 'waymark')).token;
const sessions = async (): Promise<Record<string, unknown>[]> => db.query('select * from sessions');
const expire = async (): Promise<unknown> => db.query(`update sessions set expires_at = now() - interval '1 second'`);

const REFUSED = { status: 401, code: 'invalid_credentials', message: 'No account has this e-mail and password.' };
const ENDED = { status: 401, code: 'unauthenticated' };

test('a session has a user and lasts twelve hours', async () => {
  const before = Date.now();
  const { token, expiresAt } = await enter(DEMO, 'waymark');
  const [user] = await db.query<{ id: string }>('select id from users where email = $1', [DEMO]);
  expect(await introspect(db, token)).toEqual({ active: true, userId: user?.id });
  expect(Math.round((Date.parse(expiresAt) - before) / 3_600_000)).toBe(12);
});

test('ignores the letter case of an e-mail address', async () => {
  expect(await introspect(db, (await enter('Demo@Waymark.TEST', 'waymark')).token)).toMatchObject({ active: true });
});

test('a wrong password and an unknown e-mail get the same error and no session', async () => {
  await expect(enter(DEMO, 'Waymark')).rejects.toMatchObject(REFUSED);
  await expect(enter('nobody@waymark.test', 'waymark')).rejects.toMatchObject(REFUSED);
  expect(await sessions()).toEqual([]);
});

test('stores and logs neither token nor password', async () => {
  const token = await demo();
  const stored = JSON.stringify([await sessions(), await db.query('select * from users')]);
  const bytes = Buffer.from(token, 'base64url').toString('hex');
  for (const secret of [token, bytes, Buffer.from(token).toString('hex'), '"waymark"']) expect(stored).not.toContain(secret);
  expect(await db.query('select length(token_hash) as bytes from sessions')).toEqual([{ bytes: 32 }]);
  expect(JSON.stringify(lines)).not.toContain(token);
});

test('two sessions of one user are independent', async () => {
  const [one, two] = [await demo(), await demo()];
  expect(one).not.toBe(two);
  await logOut(db, audit, `Bearer ${one}`);
  expect([await introspect(db, one), await introspect(db, two)]).toEqual([{ active: false }, expect.objectContaining({ active: true })]);
});

test('a session can be revoked once', async () => {
  const token = await demo();
  await logOut(db, audit, `bearer ${token}`);
  await expect(logOut(db, audit, `Bearer ${token}`)).rejects.toMatchObject(ENDED);
});

test('an expired session is inactive and cannot be revoked', async () => {
  const token = await demo();
  await expire();
  expect(await introspect(db, token)).toEqual({ active: false });
  await expect(logOut(db, audit, `Bearer ${token}`)).rejects.toMatchObject(ENDED);
});

test('prune removes only expired sessions', async () => {
  await demo();
  await expire();
  const alive = await demo();
  await pruneSessions(db);
  expect(await sessions()).toHaveLength(1);
  expect(await introspect(db, alive)).toMatchObject({ active: true });
});

test.each(['', 'x', 'x'.repeat(200), '\u0000'])('the invalid token "%s" has no session', async (token) => {
  expect(await introspect(db, token)).toEqual({ active: false });
});

test('seeding again changes nothing, even at the same time', async () => {
  const before = await db.query('select * from users order by email');
  expect(before).toHaveLength(2);
  await Promise.all([seedUsers(db), seedUsers(db)]);
  expect(await db.query('select * from users order by email')).toEqual(before);
});

test('processes that seed at the same time add each user once', async () => {
  await db.query('truncate users cascade');
  await Promise.all([seedUsers(db), seedUsers(db)]);
  expect(await db.query('select email from users order by email')).toEqual([{ email: 'ada@waymark.test' }, { email: DEMO }]);
  await expect(demo()).resolves.toBeTruthy();
});

const OTHERS = { status: 429, code: 'too_many_attempts', extra: { headers: { 'retry-after': expect.stringMatching(/^\d+$/) } } };

test('five wrong passwords lock an address out of an account, even with the right password, but not other addresses', async () => {
  for (let at = 0; at < 5; at += 1) await expect(enter(DEMO, `guess ${at}`, '198.51.100.7')).rejects.toMatchObject(REFUSED);
  await expect(enter(DEMO, 'waymark', '198.51.100.7')).rejects.toMatchObject(OTHERS);
  expect(await enter(DEMO, 'waymark', '192.0.2.1')).toMatchObject({ token: expect.any(String) });
  expect(await enter('ada@waymark.test', 'waymark', '198.51.100.7')).toMatchObject({ token: expect.any(String) });
}, 30_000);

test('guesses from many addresses lock an account for at most a minute, and never where its owner has logged in before', async () => {
  await enter(DEMO, 'waymark', '192.0.2.1');
  for (let at = 0; at < 20; at += 1) await new LogInAttempts(db).begin(DEMO, `198.51.100.${at}`);
  const refused: unknown = await enter(DEMO, 'waymark', '203.0.113.1').catch((error: unknown) => error);
  expect(refused).toMatchObject(OTHERS);
  expect(Number((refused as Problem).extra.headers?.['retry-after'])).toBeLessThanOrEqual(60);
  expect(await enter(DEMO, 'waymark', '192.0.2.1')).toMatchObject({ token: expect.any(String) });
}, 30_000);

test('one address may fail thirty times in all', async () => {
  for (let at = 0; at < 30; at += 1) await new LogInAttempts(db).begin(`${at}@waymark.test`, '198.51.100.7');
  await expect(enter(DEMO, 'waymark', '198.51.100.7')).rejects.toMatchObject(OTHERS);
});

const guess = async (): Promise<unknown> => enter(DEMO, 'wrong', '198.51.100.7').catch((error: unknown) => (error as Problem).status);

test('guesses at the same time in several processes are counted together', async () => {
  const statuses = await Promise.all(Array.from({ length: 12 }, guess));
  expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(7);
}, 30_000);

test('refused attempts do not lock the account for other addresses', async () => {
  for (let at = 0; at < 30; at += 1) await guess();
  expect(await enter(DEMO, 'waymark', '203.0.113.1')).toMatchObject({ token: expect.any(String) });
}, 30_000);

test('log-ins that succeed are not counted', async () => {
  for (let at = 0; at < 31; at += 1) {
    const attempts = new LogInAttempts(db);
    await attempts.begin(DEMO, '192.0.2.1');
    await attempts.succeeded(DEMO, '192.0.2.1');
  }
  expect(await enter(DEMO, 'waymark', '192.0.2.1')).toMatchObject({ token: expect.any(String) });
});

test('an attempt whose password could not be checked is not counted', async () => {
  const gone = openDatabase('postgres://127.0.0.1:1/auth', log);
  const attempt = logIn({ db: gone, attempts: new LogInAttempts(db), audit }, { email: DEMO, password: 'waymark', address: '192.0.2.1' });
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
  await gone.close();
  expect(await db.query('select from log_in_attempts')).toEqual([]);
});

test('an address that is locked out adds no counts, whatever accounts it tries', async () => {
  for (let at = 0; at < 30; at += 1) await new LogInAttempts(db).begin(`${at}@waymark.test`, '198.51.100.7');
  const before = await db.query('select key, count from log_in_attempts order by key');
  for (let at = 0; at < 10; at += 1)
    await expect(new LogInAttempts(db).begin(`new-${at}@waymark.test`, '198.51.100.7')).rejects.toMatchObject(OTHERS);
  expect(await db.query('select key, count from log_in_attempts order by key')).toEqual(before);
});

test('counts of attempts are removed when their time is over', async () => {
  await expect(enter(DEMO, 'wrong')).rejects.toMatchObject(REFUSED);
  await db.query(`update log_in_attempts set until = now() where count > 0 and key in (select min(key) from log_in_attempts)`);
  await pruneAttempts(db);
  expect(await db.query('select from log_in_attempts')).toHaveLength(2);
});

test('a user has at most twenty sessions, and the oldest ends first', async () => {
  const [user] = await db.query<{ id: string }>('select id from users where email = $1', [DEMO]);
  await db.query(
    `insert into sessions select sha256(n::text::bytea), $1, now() + make_interval(hours => 1, secs => n) from generate_series(1, 30) n`,
    [user?.id],
  );
  const token = await demo();
  expect(await db.query(`select from sessions where token_hash <> sha256('30'::bytea)`)).toHaveLength(19);
  expect(await introspect(db, token)).toMatchObject({ active: true });
});

const trail = async (): Promise<Record<string, unknown>[]> =>
  db.query('select event, email, address from audit_trail left join users on users.id = user_id order by audit_trail.id');

test('the audit trail has each log-in, refusal and log-out when its answer is sent', async () => {
  const { token } = await enter(DEMO, 'waymark', '192.0.2.7');
  expect(await trail()).toEqual([{ event: 'logged in', email: DEMO, address: '192.0.2.7' }]);
  await expect(enter(DEMO, 'wrong', '192.0.2.8')).rejects.toMatchObject(REFUSED);
  await expect(enter('nobody@waymark.test', 'waymark', '192.0.2.9')).rejects.toMatchObject(REFUSED);
  await logOut(db, audit, `Bearer ${token}`);
  expect((await trail()).slice(1)).toEqual([
    { event: 'log-in refused', email: DEMO, address: '192.0.2.8' },
    { event: 'log-in refused', email: null, address: '192.0.2.9' },
    { event: 'logged out', email: DEMO, address: null },
  ]);
});

test('entries of the audit trail are removed after 90 days', async () => {
  await demo();
  await demo();
  await db.query(`update audit_trail set at = now() - interval '91 days' where id = (select min(id) from audit_trail)`);
  await pruneAuditTrail(db);
  expect(await trail()).toHaveLength(1);
});
