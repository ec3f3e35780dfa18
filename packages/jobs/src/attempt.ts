import { outside } from '@waymark/context';
import { consume, PoisonError } from '@waymark/tracing';
import { atJob, type Database, Problem, type Sql, withDeadline, withFreshDeadline } from '@waymark/service-kit';
import type { Job as Row } from 'graphile-worker';
import type { Logger } from 'pino';
import { storeDeadLetter } from './dead-letters.ts';
import { messageIn, payloadOf, StaleAttemptError, tracedMessage, type HandledJob, type StoredMessage } from './job.ts';
import type { Lease } from './lease.ts';

/** How long one attempt may take. */
const ATTEMPT_MS = 60_000;
/** How long storing the outcome of an attempt may take. */
const BOOKKEEPING_MS = 10_000;
/** How long after a job was added attempts do not count if they fail because something is unavailable. */
const POSTPONE_FOR_MS = 24 * 3_600_000;
const POSTPONE_MAX_SECONDS = 15;

/** What an attempt needs from its worker. */
export interface WorkerContext {
  db: Database;
  log: Logger;
  lease: Lease;
  /** Aborted when the attempts in progress must end. */
  aborting: AbortSignal;
}

/**
 * Makes one attempt at a job and stores the part of its outcome that graphile-worker does not store. The attempt starts outside any context,
 * with its own deadline, so that it inherits nothing from the event that woke the worker.
 */
export async function attempt(one: HandledJob, row: Row, worker: WorkerContext): Promise<void> {
  await outside(() => withDeadline(ATTEMPT_MS, () => tryOnce(one, messageIn(row.payload), row, worker), worker.aborting));
}

async function tryOnce(one: HandledJob, message: StoredMessage, row: Row, { db, log, lease }: WorkerContext): Promise<void> {
  const { job, handler } = one;
  const postpones = (error: unknown): boolean => isUnavailability(error) && Date.now() - row.created_at.getTime() < POSTPONE_FOR_MS;
  const fence = (): void => {
    if (!lease.isValid) throw new StaleAttemptError();
  };
  // The trace numbers all attempts, including those that did not count.
  const postponement = postponementSeconds(message);
  const dueMs = (error: unknown): number => {
    const [failed, wait] = postpones(error) ? [row.attempts - 1, postponement] : [row.attempts, 0];
    return Date.now() + 1_000 * (wait + backoffSeconds(failed));
  };
  const number = { attempt: row.attempts + message.postponed, maxAttempts: row.max_attempts + message.postponed, postpones, dueMs };
  const work = async (): Promise<void> => {
    try {
      await atJob(job.name, (isPoisoned) => handler.run(payloadOf(job, isPoisoned ? { ...message, payload: null } : message), { fence }));
    } catch (error) {
      // Logged inside the attempt's span, so that the line has its ids.
      log.warn({ err: error, job: job.name, messageId: message.messageId, attempt: number.attempt }, 'an attempt at a job failed');
      throw error;
    }
  };
  try {
    await consume(tracedMessage(job.name, message), message.carrier, number, work);
  } catch (error) {
    const isLast = error instanceof PoisonError || row.attempts >= row.max_attempts;
    // The attempt's deadline may have passed.
    return withFreshDeadline(BOOKKEEPING_MS, async () => {
      if (postpones(error)) await postpone(db.control, row, message, postponement);
      else if (isLast && !(error instanceof StaleAttemptError)) return giveUp(one, message, row, error, { db, log });
      throw error;
    });
  }
}

/** @throws the error of the attempt, if the dead letter cannot be stored; storing it is then retried every second */
async function giveUp(
  one: HandledJob,
  message: StoredMessage,
  { attempts }: Row,
  error: unknown,
  { db, log }: Pick<WorkerContext, 'db' | 'log'>,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  await db
    .transaction((tx) => storeDeadLetter(tx, message, one, { attempts, reason }, log))
    .catch((cause: unknown) => {
      log.error({ err: cause, job: one.job.name, messageId: message.messageId }, 'could not store a dead letter');
      throw error;
    });
}

function isUnavailability(error: unknown): boolean {
  return error instanceof Problem && (error.status === 503 || error.status === 504);
}

/** How long graphile-worker waits after `attempts` failed attempts. */
const backoffSeconds = (attempts: number): number => Math.exp(Math.min(attempts, 10));

/** Short at first, later at most 15 s. graphile-worker adds its own backoff. */
const postponementSeconds = ({ postponed }: StoredMessage): number =>
  Math.min(POSTPONE_MAX_SECONDS, 2 ** postponed) * (0.5 + Math.random() / 2);

/** Undoes the count of this attempt and delays the next one. */
async function postpone(sql: Sql, row: Row, message: StoredMessage, seconds: number): Promise<void> {
  await sql.query(
    `update graphile_worker._private_jobs set attempts = attempts - 1, run_at = now() + make_interval(secs => $3), payload = $4
     where id = $1 and locked_by = $2`,
    [row.id, row.locked_by, seconds, JSON.stringify({ ...message, postponed: message.postponed + 1 })],
  );
}
