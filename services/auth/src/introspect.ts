import type { Database } from '@waymark/service-kit';
import { findSession } from './auth-db.ts';
import { tokenHash } from './token.ts';

/** Looks up the user of a token. Unknown, revoked and expired tokens get the same answer. */
export async function introspect(db: Database, token: string): Promise<{ active: true; userId: string } | { active: false }> {
  const session = await findSession(db, tokenHash(token));
  return session ? { active: true, userId: session.userId } : { active: false };
}
