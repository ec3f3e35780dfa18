import { Problem, withFreshDeadline, type Database } from '@waymark/service-kit';
import type { AuditTrail } from './audit-trail.ts';
import { limitSessions, findUserByEmail, insertSession, type User } from './auth-db.ts';
import { matches } from './password.ts';
import type { LogInAttempts } from './attempts.ts';
import { newToken, tokenHash } from './token.ts';

const SESSION_HOURS = 12;
/** How many sessions one user may have. The oldest ends first. */
const MAX_SESSIONS = 20;
/** How long to try not to count an attempt that ended without an answer, in milliseconds. */
const WITHDRAW_MS = 1_000;

interface Parts {
  db: Database;
  attempts: LogInAttempts;
  audit: AuditTrail;
}

interface Credentials {
  email: string;
  password: string;
  address: string;
}

/** Exchanges e-mail and password for a session token. A wrong password and an unknown e-mail get the same answer after the same time. */
export async function logIn(parts: Parts, credentials: Credentials): Promise<{ token: string; expiresAt: string }> {
  const { db, attempts, audit } = parts;
  const { address } = credentials;
  const user = await attempts.inTurn(address, () => check(parts, credentials));
  const token = newToken();
  await limitSessions(db, user.id, MAX_SESSIONS);
  const expiresAt = await insertSession(db, tokenHash(token), user.id, SESSION_HOURS);
  await audit.record({ event: 'logged in', userId: user.id, address });
  return { token, expiresAt: expiresAt.toISOString() };
}

async function check({ db, attempts, audit }: Parts, { email, password, address }: Credentials): Promise<{ id: string }> {
  await attempts.begin(email, address);
  const { user, right } = await compare(db, email, password).catch(async (error: unknown) => {
    // The deadline may have passed.
    await withFreshDeadline(WITHDRAW_MS, () => attempts.withdraw(email, address)).catch(() => undefined);
    throw error;
  });
  if (!user || !right) {
    await audit.record({ event: 'log-in refused', userId: user?.id, address });
    throw new Problem(401, 'invalid_credentials', 'No account has this e-mail and password.');
  }
  await attempts.succeeded(email, address);
  return user;
}

async function compare(db: Database, email: string, password: string): Promise<{ user: User | undefined; right: boolean }> {
  const user = await findUserByEmail(db, email);
  return { user, right: await matches(password, user?.password) };
}
