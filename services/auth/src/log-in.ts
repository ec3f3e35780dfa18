import { Problem, type Database } from '@waymark/service-kit';
import { limitSessions, findUserByEmail, insertSession } from './auth-db.ts';
import { matches } from './password.ts';
import type { LogInAttempts } from './attempts.ts';
import { newToken, tokenHash } from './token.ts';

const SESSION_HOURS = 12;
/** How many sessions one user may have. The oldest ends first. */
const MAX_SESSIONS = 20;

interface Credentials {
  email: string;
  password: string;
  address: string;
}

/** Exchanges e-mail and password for a session token. A wrong password and an unknown e-mail get the same answer after the same time. */
export async function logIn(
  db: Database,
  attempts: LogInAttempts,
  credentials: Credentials,
): Promise<{ token: string; expiresAt: string }> {
  const user = await attempts.inTurn(credentials.address, () => check(db, attempts, credentials));
  const token = newToken();
  await limitSessions(db, user.id, MAX_SESSIONS);
  const expiresAt = await insertSession(db, tokenHash(token), user.id, SESSION_HOURS);
  return { token, expiresAt: expiresAt.toISOString() };
}

async function check(db: Database, attempts: LogInAttempts, { email, password, address }: Credentials): Promise<{ id: string }> {
  await attempts.check(email, address);
  const user = await findUserByEmail(db, email);
  const right = await matches(password, user?.password);
  if (!user || !right) {
    await attempts.failed(email, address);
    throw new Problem(401, 'invalid_credentials', 'No account has this e-mail and password.');
  }
  await attempts.succeeded(email, address);
  return user;
}
