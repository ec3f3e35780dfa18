import { Problem, type Database } from '@waymark/service-kit';
import { deleteExpiredSessions, findUserByEmail, insertSession } from './auth-db.ts';
import { matches } from './password.ts';
import { newToken, tokenHash } from './token.ts';

const SESSION_HOURS = 12;

/** E-mail and password for a session token. A wrong password and an unknown e-mail look the same, and take the same time. */
export async function logIn(db: Database, email: string, password: string): Promise<{ token: string; expiresAt: string }> {
  const user = await findUserByEmail(db, email);
  const right = await matches(password, user?.password);
  if (!user || !right) throw new Problem(401, 'invalid_credentials', 'There is no account with this e-mail and password.');
  const token = newToken();
  await deleteExpiredSessions(db, user.id);
  const expiresAt = await insertSession(db, tokenHash(token), user.id, SESSION_HOURS);
  return { token, expiresAt: expiresAt.toISOString() };
}
