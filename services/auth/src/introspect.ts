import type { Database } from '@waymark/service-kit';
import { findSession } from './auth-db.ts';
import { tokenHash } from './token.ts';

/** Whose session a token is. An unknown, revoked and expired token all look the same. */
export async function introspect(db: Database, token: string): Promise<{ active: true; userId: string } | { active: false }> {
  const session = await findSession(db, tokenHash(token));
  return session ? { active: true, userId: session.userId } : { active: false };
}
