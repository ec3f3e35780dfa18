import { deleteWhere, type Sql } from '@waymark/service-kit';

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
  await deleteWhere(sql, 'sessions', 'expires_at <= now()');
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
  await deleteWhere(sql, 'audit_trail', `at < now() - interval '90 days'`);
}

/** A count of attempts: what it is about, and how long it lasts. */
export interface AttemptWindow {
  key: string;
  seconds: number;
}

/** Counts an attempt in each window. Returns the counts, and the seconds until each starts again. */
export async function countAttempt(
  sql: Sql,
  windows: readonly AttemptWindow[],
): Promise<{ key: string; count: number; seconds: number }[]> {
  return sql.query(
    // Sorted, so that statements that run at the same time cannot wait for each other in a circle.
    `insert into log_in_attempts as earlier (key, count, until)
     select key, 1, now() + make_interval(secs => seconds) from unnest($1::text[], $2::int[]) as given (key, seconds) order by key
     on conflict (key) do update set
       count = case when earlier.until <= now() then 1 else earlier.count + 1 end,
       until = case when earlier.until <= now() then excluded.until else earlier.until end
     returning key, count, extract(epoch from until - now())::float8 as seconds`,
    [windows.map(({ key }) => key), windows.map(({ seconds }) => seconds)],
  );
}

/** Takes an attempt back from each count, and all attempts from `cleared`. Counts of 0 are removed, so an address that is locked out cannot fill the table. */
export async function uncountAttempt(sql: Sql, keys: readonly string[], cleared?: string): Promise<void> {
  await sql.query(
    `with counted as (
       select key, case when key = $2 then 0 else count - 1 end as count from log_in_attempts where key = any($1) order by key for update),
     removed as (delete from log_in_attempts using counted where log_in_attempts.key = counted.key and counted.count <= 0)
     update log_in_attempts set count = counted.count from counted where log_in_attempts.key = counted.key and counted.count > 0`,
    [keys, cleared],
  );
}

/** Removes counts whose time is over. */
export async function pruneAttempts(sql: Sql): Promise<void> {
  await deleteWhere(sql, 'log_in_attempts', 'until <= now()');
}

/** Whether somebody has logged in to this account from this address in the last 20 days. */
export async function hasLoggedInFrom(sql: Sql, email: string, address: string): Promise<boolean> {
  const [known] = await sql.query(
    `select from audit_trail join users on users.id = user_id
     where email = lower($1) and address = $2 and event = 'logged in' and at > now() - interval '20 days' limit 1`,
    [email, address],
  );
  return known !== undefined;
}
