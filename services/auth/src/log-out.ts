import { Problem, type Database } from '@waymark/service-kit';
import type { AuditTrail } from './audit-trail.ts';
import { deleteSession } from './auth-db.ts';
import { tokenHash } from './token.ts';

/** Revokes the session of the token in the header `Authorization: Bearer …`. */
export async function logOut(db: Database, audit: AuditTrail, authorization: string): Promise<undefined> {
  const token = authorization.slice('Bearer '.length);
  const ended = await deleteSession(db, tokenHash(token));
  if (!ended) throw new Problem(401, 'unauthenticated', 'This session has already ended.');
  await audit.record({ event: 'logged out', userId: ended.userId });
}
