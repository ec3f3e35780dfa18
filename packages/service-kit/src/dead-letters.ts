import { randomUUID } from 'node:crypto';
import { deadLetter } from '@waymark/tracing';
import type { Logger } from 'pino';
import type { Database, Sql, Transaction } from './database.ts';
import { addJob } from './job-rows.ts';
import { payloadOf, type Work } from './job.ts';
import { messageIn, traced, type StoredMessage } from './message.ts';
import { Problem } from './problem.ts';

/** A job that failed for good, as an operator sees it. */
export interface DeadLetter {
  messageId: string;
  job: string;
  payload: unknown;
  attempts: number;
  reason: string;
  diedAt: string;
  /** Of who asked for the job. */
  traceId?: string;
  /** When it was replayed, and as which message. */
  replayedAt?: string;
  replayedAs?: string;
}

interface Exhausted {
  id: string;
  name: string;
  attempts: number;
  last_error: string | null;
}

/** Moves each job that failed at its last attempt, or died in it, to the dead letters, together with what its kind does then. */
export async function buryExhausted(db: Database, works: readonly Work[], log: Logger): Promise<void> {
  const exhausted = await db.query<Exhausted>(
    `select id::text, task_identifier as name, attempts, last_error from graphile_worker.jobs
     where attempts >= max_attempts and locked_at is null and task_identifier = any($1) limit 100`,
    [works.map(({ job }) => job.name)],
  );
  for (const dead of exhausted) {
    const work = works.find(({ job }) => job.name === dead.name);
    if (!work) continue;
    await db
      .transaction((tx) => bury(tx, dead, work, log))
      .catch((error: unknown) => log.error({ err: error, job: dead.name, id: dead.id }, 'a dead letter could not be stored'));
  }
}

async function bury(tx: Transaction, { id, attempts, last_error: reason }: Exhausted, work: Work, log: Logger): Promise<void> {
  const [taken] = await tx.query<{ payload: unknown }>('select payload from graphile_worker.complete_jobs(array[$1::bigint])', [id]);
  if (taken) await putAway(tx, messageIn(taken.payload), work, { attempts, reason: reason ?? 'Its process died' }, log);
}

/** Puts a message among the dead letters, once, together with what its kind does then. */
export async function putAway(
  tx: Transaction,
  message: StoredMessage,
  { job, deeds }: Work,
  { attempts, reason }: { attempts: number; reason: string },
  log: Logger,
): Promise<void> {
  const { messageId, carrier } = message;
  await deadLetter(traced(job.name, message), carrier, async () => {
    const stored = await tx.query(
      `insert into dead_letters (message_id, job, message, attempts, last_error) values ($1, $2, $3, $4, $5)
       on conflict do nothing returning message_id`,
      [messageId, job.name, JSON.stringify(message), attempts, reason],
    );
    const payload = understood({ job, deeds }, message);
    if (stored.length > 0 && payload) await deeds.bury?.(tx, payload.value);
    log.error({ job: job.name, messageId, attempts, reason }, 'a job failed for good');
  });
}

function understood({ job }: Work, message: StoredMessage): { value: unknown } | undefined {
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

/** The newest hundred dead letters; those that were not replayed come first. */
export async function listDeadLetters(sql: Sql): Promise<DeadLetter[]> {
  const rows = await sql.query<Row>('select * from dead_letters order by replayed_at is not null, died_at desc limit 100');
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
 * Stores the job of a dead letter anew, as a message of its own that is linked to where the first came from, and gives its id.
 * @throws {Problem} 404 for one that is not there, 409 for one that was replayed, or that nobody understands
 */
export async function replay(tx: Transaction, messageId: string, works: readonly Work[], maxAttempts: number): Promise<string> {
  const newId = randomUUID();
  const [dead] = await tx.query<{ job: string; message: unknown }>(
    `update dead_letters set replayed_at = now(), replayed_as = $2 where message_id = $1 and replayed_at is null returning job, message`,
    [messageId, newId],
  );
  if (!dead) throw await unplayable(tx, messageId);
  const message = messageIn(dead.message);
  const work = works.find(({ job }) => job.name === dead.job);
  const payload = work && understood(work, message);
  if (!payload)
    throw new Problem(409, 'not_replayable', 'Nobody here understands its payload: deploy a version that does, then replay it.');
  await work.deeds.revive?.(tx, payload.value);
  await addJob(tx, work.job, payload.value, { maxAttempts, messageId: newId, again: message.carrier });
  return newId;
}

async function unplayable(tx: Sql, messageId: string): Promise<Problem> {
  const [known] = await tx.query<{ as: string }>('select replayed_as as "as" from dead_letters where message_id = $1', [messageId]);
  if (!known) return new Problem(404, 'not_found', `There is no dead letter ${messageId}.`);
  return new Problem(409, 'already_replayed', `It was replayed as message ${known.as}.`);
}
