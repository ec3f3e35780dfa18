import type { Sql } from '@waymark/service-kit';

export interface User {
  id: string;
  password: string;
}

export async function findUserByEmail(sql: Sql, email: string): Promise<User | undefined> {
  const [user] = await sql.query<User>('select id, password from users where email = lower($1)', [email]);
  return user;
}

export async function insertUser(sql: Sql, email: string, password: string): Promise<void> {
  await sql.query('insert into users (email, password) values (lower($1), $2) on conflict do nothing', [email, password]);
}

/** Stores a session and returns when it expires. */
export async function insertSession(sql: Sql, tokenHash: Buffer, userId: string, hours: number): Promise<Date> {
  const [session] = await sql.query<{ expires_at: Date }>(
    'insert into sessions (token_hash, user_id, expires_at) values ($1, $2, now() + make_interval(hours => $3)) returning expires_at',
    [tokenHash, userId, hours],
  );
  if (!session) throw new Error('the session was not stored');
  return session.expires_at;
}

export async function findSession(sql: Sql, tokenHash: Buffer): Promise<{ userId: string } | undefined> {
  const [session] = await sql.query<{ userId: string }>(
    'select user_id as "userId" from sessions where token_hash = $1 and expires_at > now()',
    [tokenHash],
  );
  return session;
}

/** Deletes a session and returns whose it was. Undefined if it did not exist. */
export async function deleteSession(sql: Sql, tokenHash: Buffer): Promise<{ userId: string } | undefined> {
  const [deleted] = await sql.query<{ userId: string }>(
    'delete from sessions where token_hash = $1 and expires_at > now() returning user_id as "userId"',
    [tokenHash],
  );
  return deleted;
}

/** Ends a user's oldest sessions, so that one more stays within `max`. */
export async function limitSessions(sql: Sql, userId: string, max: number): Promise<void> {
  await sql.query(
    `delete from sessions where token_hash in (
       select token_hash from sessions where user_id = $1 order by expires_at desc offset $2)`,
    [userId, max - 1],
  );
}

/** Removes sessions that have expired. */
export async function pruneSessions(sql: Sql): Promise<void> {
  await sql.query('delete from sessions where expires_at <= now()');
}

export interface AuditEntry {
  at: Date;
  event: 'logged in' | 'log-in refused' | 'logged out';
  userId?: string | undefined;
  address?: string | undefined;
  traceId?: string | undefined;
}

export async function insertAuditEntries(sql: Sql, entries: readonly AuditEntry[]): Promise<void> {
  await sql.query(
    `insert into audit_trail (at, event, user_id, address, trace_id)
     select * from unnest($1::timestamptz[], $2::text[], $3::uuid[], $4::text[], $5::text[])`,
    [
      entries.map(({ at }) => at),
      entries.map(({ event }) => event),
      entries.map(({ userId }) => userId),
      entries.map(({ address }) => address),
      entries.map(({ traceId }) => traceId),
    ],
  );
}

/** Removes entries of the audit trail after 90 days. */
export async function pruneAuditTrail(sql: Sql): Promise<void> {
  await sql.query(
    `delete from audit_trail where id = any(array(
       select id from audit_trail where at < now() - interval '90 days' limit 10000))`,
  );
}
