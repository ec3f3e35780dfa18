import { randomUUID } from 'node:crypto';
import { deadLetter } from '@waymark/tracing';
import type { Logger } from 'pino';
import { type Connections, type Database, deleteWhere, Problem, remainingMs, type Sql, type Transaction } from '@waymark/service-kit';
import { messageIn, payloadOf, tracedMessage, type HandledJob, type StoredMessage } from './job.ts';
import { addJob } from './rows.ts';

/** A job that failed for good, as an operator sees it. */
export interface DeadLetter {
  messageId: string;
  job: string;
  payload: unknown;
  attempts: number;
  reason: string;
  diedAt: string;
  /** The trace of the request that added the job. */
  traceId?: string;
  /** When it was replayed, and the id of the new message. */
  replayedAt?: string;
  replayedAs?: string;
}

/** Selects dead letters. Without any field it selects all. */
export interface DeadLetterFilter {
  job?: string | undefined;
  /** Text that the reason contains. */
  reason?: string | undefined;
  replayed?: boolean | undefined;
  /** The message id of the last dead letter on the previous page. */
  after?: string | undefined;
  limit?: number | undefined;
}

/** The result of replaying many dead letters. */
export interface Replayed {
  replayed: number;
  /** The dead letters that could not be replayed, and why. */
  failed: { messageId: string; code: string }[];
  /** True if there may be more to replay. */
  more: boolean;
}

interface Exhausted {
  id: string;
  name: string;
  attempts: number;
  last_error: string | null;
}

/** Stores a dead letter for each job whose process died in its last attempt. */
export async function storeExhausted(db: Connections, handled: readonly HandledJob[], log: Logger): Promise<void> {
  const exhausted = await db.query<Exhausted>(
    `select jobs.id::text, identifier as name, attempts, last_error
     from graphile_worker._private_jobs jobs join graphile_worker._private_tasks tasks on tasks.id = task_id
     where attempts >= max_attempts and locked_at is null and identifier = any($1) limit 100`,
    [handled.map(({ job }) => job.name)],
  );
  for (const { id, name, attempts, last_error: reason } of exhausted) {
    const one = handled.find(({ job }) => job.name === name);
    if (!one) continue;
    const store = async (tx: Transaction): Promise<void> => {
      const [taken] = await tx.query<{ payload: unknown }>('select payload from graphile_worker.complete_jobs(array[$1::bigint])', [id]);
      if (taken) await storeDeadLetter(tx, messageIn(taken.payload), one, { attempts, reason: reason ?? 'The process died' }, log);
    };
    await db.transaction(store).catch((error: unknown) => log.error({ err: error, job: name, id }, 'could not store a dead letter'));
  }
}

/** Stores a message as a dead letter, once, and calls its `onDeadLetter` in the same transaction. */
export async function storeDeadLetter(
  tx: Transaction,
  message: StoredMessage,
  { job, handler }: HandledJob,
  { attempts, reason }: { attempts: number; reason: string },
  log: Logger,
): Promise<void> {
  const { messageId, carrier } = message;
  await deadLetter(tracedMessage(job.name, message), carrier, async () => {
    const stored = await tx.query(
      `insert into dead_letters (message_id, job, message, attempts, last_error) values ($1, $2, $3, $4, $5)
       on conflict do nothing returning message_id`,
      [messageId, job.name, JSON.stringify(message), attempts, reason],
    );
    const payload = understood({ job, handler }, message);
    if (stored.length > 0 && payload) await handler.onDeadLetter?.(tx, payload.value);
    log.error({ job: job.name, messageId, attempts, reason }, 'a job failed for good');
  });
}

function understood({ job }: HandledJob, message: StoredMessage): { value: unknown } | undefined {
  try {
    return { value: payloadOf(job, message) };
  } catch {
    return undefined;
  }
}

interface Row {
  message_id: string;
  job: string;
  message: unknown;
  attempts: number;
  last_error: string | null;
  died_at: Date;
  replayed_at: Date | null;
  replayed_as: string | null;
}

const LIST_MAX = 100;
const REPLAY_MAX = 1_000;
const ANSWER_MS = 2_000;

/** Returns at most a hundred dead letters of a filter. Those that were not replayed come first, then the newest. */
export async function listDeadLetters(
  sql: Sql,
  { job, reason, replayed, after, limit = LIST_MAX }: DeadLetterFilter,
): Promise<DeadLetter[]> {
  const rows = await sql.query<Row>(
    `select * from dead_letters
     where ($1::text is null or job = $1)
       and ($2::text is null or position(lower($2) in lower(last_error)) > 0)
       and ($3::boolean is null or (replayed_at is not null) = $3)
       and ($4::uuid is null or (replayed_at is null, died_at, message_id) <
         (select replayed_at is null, died_at, message_id from dead_letters where message_id = $4))
     order by replayed_at is null desc, died_at desc, message_id desc limit $5`,
    [job, reason, replayed, after, limit],
  );
  return rows.map(toDeadLetter);
}

function toDeadLetter(row: Row): DeadLetter {
  const { payload, carrier } = messageIn(row.message);
  const traceId = carrier['traceparent']?.split('-')[1];
  return {
    messageId: row.message_id,
    job: row.job,
    payload,
    attempts: row.attempts,
    reason: row.last_error ?? '',
    diedAt: row.died_at.toISOString(),
    ...(traceId && { traceId }),
    ...(row.replayed_at && { replayedAt: row.replayed_at.toISOString() }),
    ...(row.replayed_as && { replayedAs: row.replayed_as }),
  };
}

/**
 * Stores the job of a dead letter again, as a new message with a link to the original request, and returns the new id.
 * @throws {Problem} 404 if it does not exist, 409 if it was replayed before or no handler understands it
 */
export async function replay(tx: Transaction, messageId: string, handled: readonly HandledJob[], maxAttempts: number): Promise<string> {
  const newId = randomUUID();
  const [dead] = await tx.query<{ job: string; message: unknown }>(
    `update dead_letters set replayed_at = now(), replayed_as = $2 where message_id = $1 and replayed_at is null returning job, message`,
    [messageId, newId],
  );
  if (!dead) throw await unplayable(tx, messageId);
  const message = messageIn(dead.message);
  const one = handled.find(({ job }) => job.name === dead.job);
  const payload = one && understood(one, message);
  if (!payload) throw new Problem(409, 'not_replayable', 'No handler understands the payload. Deploy a version that does, then replay it.');
  await one.handler.onReplay?.(tx, payload.value);
  await addJob(tx, one.job, payload.value, { maxAttempts, messageId: newId, again: message.carrier });
  return newId;
}

async function unplayable(tx: Sql, messageId: string): Promise<Problem> {
  const [known] = await tx.query<{ as: string }>('select replayed_as as "as" from dead_letters where message_id = $1', [messageId]);
  if (!known) return new Problem(404, 'not_found', `There is no dead letter ${messageId}.`);
  return new Problem(409, 'already_replayed', `It was replayed as message ${known.as}.`);
}

/** Replays all dead letters of a filter that were not replayed before, at most a thousand, each in its own transaction. */
export async function replayAll(
  db: Database,
  filter: DeadLetterFilter,
  handled: readonly HandledJob[],
  maxAttempts: number,
): Promise<Replayed> {
  const waiting = await listDeadLetters(db, { ...filter, replayed: false, limit: REPLAY_MAX });
  const failed: Replayed['failed'] = [];
  let done = 0;
  for (const { messageId } of waiting) {
    // Stop early enough for the response to reach the caller.
    if (remainingMs() < ANSWER_MS) break;
    done += 1;
    await db
      .transaction((tx) => replay(tx, messageId, handled, maxAttempts))
      .catch((error: unknown) => {
        if (!(error instanceof Problem) || error.status >= 500) throw error;
        failed.push({ messageId, code: error.code });
      });
  }
  return { replayed: done - failed.length, failed, more: done < waiting.length || waiting.length === REPLAY_MAX };
}

/** Removes dead letters 30 days after they were replayed, and the others after 90 days. */
export async function pruneDeadLetters(sql: Sql): Promise<void> {
  await deleteWhere(sql, 'dead_letters', `died_at < now() - interval '90 days' or replayed_at < now() - interval '30 days'`);
}
