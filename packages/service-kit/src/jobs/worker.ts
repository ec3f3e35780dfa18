import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { consume, outside, PoisonError } from '@waymark/tracing';
import { Logger as WorkerLogger, run, type Job as Row, type Runner, type Task, type WorkerEvents, type WorkerPool } from 'graphile-worker';
import type { Logger } from 'pino';
import type { Database, Sql, Transaction } from '../database.ts';
import { endsWithin, withDeadline, withFreshDeadline } from '../deadline.ts';
import { Problem } from '../problem.ts';
import { storeDeadLetter, storeExhausted } from './dead-letters.ts';
import { messageIn, payloadOf, StaleAttemptError, tracedMessage, type HandledJob, type StoredMessage } from './job.ts';

/** How many jobs a process runs at once: enough of them to get their share of the database beside 64 requests, so that orders are fulfilled as fast as they come in. */
export const CONCURRENCY = 24;
const TICK_MS = 1_000;
/** How often each of the workers looks for jobs by itself. It is told of new ones, and of those that have become due at each tick. */
const POLL_MS = 10_000;
/** With so many jobs due, the workers are behind. */
const BEHIND = 4 * CONCURRENCY;

/** A worker that was silent for this long is dead: its jobs are given to others. */
const DEAD_AFTER_MS = 6_000;
/** For so long after a heartbeat a worker may be sure that its jobs are still its own. Shorter, because the heartbeat takes time itself. */
const LEASE_MS = 5_000;

/** When getting a job has failed this often in a row, three times for each worker, the runner is started again. */
const FAILURES_MAX = 3 * CONCURRENCY;

/** How long one attempt may take. */
const ATTEMPT_MS = 60_000;
/** How long it may take to store what became of an attempt. */
const BOOKKEEPING_MS = 10_000;
/** For so long after a job was added, attempts that fail because something is not available do not count. */
const POSTPONE_FOR_MS = 24 * 3_600_000;
const POSTPONE_MAX_SECONDS = 15;
/** How long attempts that were told to end may take to do so. */
const CUT_OFF_MS = 1_000;
/** How long the runner may take to end after its last job has. */
const RUNNER_ENDS_MS = 5_000;

/** With a delay, even of 0, graphile-worker handles a lost database when it completes a job. Without one, that ends the process. */
const PRESET = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };

/** What all workers of a process share. */
interface Shared {
  db: Database;
  log: Logger;
  handled: readonly HandledJob[];
  /** Aborted when no more jobs should be taken. */
  stopping: AbortSignal;
  /** Aborted when the attempts in hand must end. */
  cutOff: AbortSignal;
  /** The id under which jobs are locked. */
  self: string;
  /** The workers, while they take jobs. */
  workers: WorkerPool | undefined;
  /** Whether more jobs are due than the workers soon get to, as of the last heartbeat. */
  isBehind: boolean;
}

/** A running worker. */
export interface Worker {
  /** Whether more jobs are due than the workers soon get to. */
  readonly isBehind: boolean;
  /** Takes no more jobs, waits at most `ms` milliseconds for those in hand, then ends them: they are tried again later, by any worker. */
  stop(ms: number): Promise<void>;
}

/** Handles jobs until it is stopped, also across losses of the database. */
export function startWorker(db: Database, log: Logger, handled: readonly HandledJob[]): Worker {
  const stopping = new AbortController();
  const cutOff = new AbortController();
  const shared: Shared = {
    db,
    log,
    handled,
    stopping: stopping.signal,
    cutOff: cutOff.signal,
    self: '',
    workers: undefined,
    isBehind: false,
  };
  const ended = outside(() => workUntilStopped(shared));
  const stop = async (ms: number): Promise<void> => {
    stopping.abort();
    if (await endsWithin(ms, ended)) return;
    cutOff.abort();
    if (await endsWithin(CUT_OFF_MS, ended)) return;
    log.warn('jobs that would not end were left to other workers');
    await releaseJobs(db.control, shared.self).catch(() => undefined);
  };
  let stopped: Promise<void> | undefined;
  return {
    get isBehind() {
      return shared.isBehind;
    },
    stop: (ms) => (stopped ??= stop(ms)),
  };
}

/** graphile-worker stops when it loses the database, so it is started again. */
async function workUntilStopped(shared: Shared): Promise<void> {
  while (!shared.stopping.aborted) {
    await workOnce(shared).catch((error: unknown) => shared.log.warn({ err: error }, 'the job worker stopped'));
    await pause(shared.stopping);
  }
}

async function workOnce(shared: Shared): Promise<void> {
  const { db, log, handled, stopping } = shared;
  const lease = { until: -Infinity };
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => {
    shared.self = workerPool.id;
    shared.workers = workerPool;
  });
  events.on('pool:gracefulShutdown', () => (shared.workers = undefined));
  // graphile-worker keeps the failure of one query, of the ids of its kinds of job, for as long as it runs: it is started again.
  let failures = 0;
  events.on('worker:getJob:error', () => {
    failures += 1;
    if (failures === FAILURES_MAX) stop();
  });
  events.on('worker:getJob:empty', () => (failures = 0));
  events.on('job:start', () => (failures = 0));
  const allJobsEnded = Promise.withResolvers<void>();
  events.on('pool:gracefulShutdown:complete', () => allJobsEnded.resolve());
  events.on('pool:gracefulShutdown:error', () => allJobsEnded.resolve());
  let runner: Runner | undefined;
  const stop = (): void => void runner?.stop().catch(() => undefined);
  runner = await run({
    pgPool: db.control.pool,
    preset: PRESET,
    events,
    logger: workerLogger(log),
    noHandleSignals: true,
    concurrency: CONCURRENCY,
    pollInterval: POLL_MS,
    taskList: Object.fromEntries(handled.map((one) => [one.job.name, taskOf(one, lease, shared)])),
  });
  const ended = new AbortController();
  // Also while the last jobs end: a worker that is not heard of loses its jobs to others.
  const beating = beatUntil(ended.signal, shared, lease);
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });
  try {
    // graphile-worker 0.18 miscounts the statements it waits for if one fails while others succeed. It then never ends by itself.
    await Promise.race([runner.promise, allJobsEnded.promise.then(() => delay(RUNNER_ENDS_MS, undefined, { ref: false }))]);
  } finally {
    stopping.removeEventListener('abort', stop);
    stop();
    ended.abort();
    await beating;
  }
}

interface Lease {
  /** On the monotonic clock. */
  until: number;
}

async function beatUntil(signal: AbortSignal, shared: Shared, lease: Lease): Promise<void> {
  const { db, log, handled, self } = shared;
  while (!signal.aborted) {
    const sentAt = performance.now();
    try {
      await heartbeat(db.control, self);
      lease.until = sentAt + LEASE_MS;
      await unlockDeadWorkers(db.control, log);
      await storeExhausted(db.control, handled, log);
      const due = await countDue(db.control);
      shared.isBehind = due === BEHIND;
      if (due > 0) shared.workers?.nudge(due);
    } catch (error) {
      log.warn({ err: error }, 'the job worker could not reach its database');
    }
    await pause(signal);
  }
}

/** How many jobs are due; counts no further than it has to. */
async function countDue(sql: Sql): Promise<number> {
  const due = await sql.query('select from graphile_worker._private_jobs where is_available and run_at <= now() limit $1', [BEHIND]);
  return due.length;
}

async function heartbeat(sql: Sql, self: string): Promise<void> {
  // Not now(), which is when the statement began: it may have waited since.
  await sql.query(
    `insert into job_workers (id, seen_at) values ($1, clock_timestamp()) on conflict (id) do update set seen_at = clock_timestamp()`,
    [self],
  );
}

/**
 * Gives the jobs of dead workers back to the queue at once. Without it, a job whose process was killed would wait for graphile-worker's
 * own limit of four hours.
 */
export async function unlockDeadWorkers(control: Database['control'], log: Logger): Promise<void> {
  const dead = await control.query('select from job_workers where seen_at < now() - make_interval(secs => $1) limit 1', [
    DEAD_AFTER_MS / 1_000,
  ]);
  if (dead.length === 0) return;
  await control.transaction(async (tx) => {
    const gone = await tx.query<{ id: string }>('delete from job_workers where seen_at < now() - make_interval(secs => $1) returning id', [
      DEAD_AFTER_MS / 1_000,
    ]);
    for (const { id } of gone) await unlock(tx, id, log);
  });
}

async function unlock(tx: Transaction, worker: string, log: Logger): Promise<void> {
  const [held] = await tx.query<{ jobs: number }>('select count(*)::int as jobs from graphile_worker.jobs where locked_by = $1', [worker]);
  await tx.query('select graphile_worker.force_unlock_workers(array[$1])', [worker]);
  if (held?.jobs) log.warn({ worker, jobs: held.jobs }, 'a worker died; its jobs are given to others');
}

/** For a worker that ends: nobody needs to wait until it is found dead. */
async function releaseJobs(sql: Sql, self: string): Promise<void> {
  await sql.query('select graphile_worker.force_unlock_workers(array[$1])', [self]);
  await sql.query('delete from job_workers where id = $1', [self]);
}

/** A job must not inherit anything from whatever happened to wake its worker up: it starts outside of every context, with a deadline of its own. */
function taskOf(one: HandledJob, lease: Lease, shared: Shared): Task {
  return async (raw: unknown, { job: row }) =>
    outside(() => withDeadline(ATTEMPT_MS, () => attempt(one, messageIn(raw), row, lease, shared), shared.cutOff));
}

async function attempt(one: HandledJob, message: StoredMessage, row: Row, lease: Lease, { db, log }: Shared): Promise<void> {
  const { job, handler } = one;
  const postpones = (error: unknown): boolean => isUnavailability(error) && Date.now() - row.created_at.getTime() < POSTPONE_FOR_MS;
  const fence = (): void => {
    if (performance.now() > lease.until) throw new StaleAttemptError();
  };
  // In the trace, attempts that did not count are attempts like all others.
  const postponement = postponementSeconds(message);
  const dueMs = (error: unknown): number => {
    const [failed, wait] = postpones(error) ? [row.attempts - 1, postponement] : [row.attempts, 0];
    return Date.now() + 1_000 * (wait + backoffSeconds(failed));
  };
  const number = { attempt: row.attempts + message.postponed, maxAttempts: row.max_attempts + message.postponed, postpones, dueMs };
  const work = async (): Promise<void> => {
    try {
      await handler.run(payloadOf(job, message), { fence });
    } catch (error) {
      // Inside the attempt's span, so that the line has its ids.
      log.warn({ err: error, job: job.name, messageId: message.messageId, attempt: number.attempt }, 'an attempt at a job failed');
      throw error;
    }
  };
  try {
    await consume(tracedMessage(job.name, message), message.carrier, number, work);
  } catch (error) {
    const isLast = error instanceof PoisonError || row.attempts >= row.max_attempts;
    // The attempt's own time may be over.
    return withFreshDeadline(BOOKKEEPING_MS, async () => {
      if (postpones(error)) await postpone(db.control, row, message, postponement);
      else if (isLast && !(error instanceof StaleAttemptError)) return giveUp(one, message, row, error, { db, log });
      throw error;
    });
  }
}

/** @throws what failed the attempt, if the dead letter cannot be stored: it will be tried again every second */
async function giveUp(
  one: HandledJob,
  message: StoredMessage,
  { attempts }: Row,
  error: unknown,
  { db, log }: Pick<Shared, 'db' | 'log'>,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  await db
    .transaction((tx) => storeDeadLetter(tx, message, one, { attempts, reason }, log))
    .catch((cause: unknown) => {
      log.error({ err: cause, job: one.job.name, messageId: message.messageId }, 'a dead letter could not be stored');
      throw error;
    });
}

function isUnavailability(error: unknown): boolean {
  return error instanceof Problem && (error.status === 503 || error.status === 504);
}

/** How long graphile-worker waits after so many failed attempts. */
const backoffSeconds = (attempts: number): number => Math.exp(Math.min(attempts, 10));

/** Sooner at first, then every 15 s at most. graphile-worker adds its own backoff. */
const postponementSeconds = ({ postponed }: StoredMessage): number =>
  Math.min(POSTPONE_MAX_SECONDS, 2 ** postponed) * (0.5 + Math.random() / 2);

/** Takes the attempt back, and puts the next one off. */
async function postpone(sql: Sql, row: Row, message: StoredMessage, seconds: number): Promise<void> {
  await sql.query(
    `update graphile_worker._private_jobs set attempts = attempts - 1, run_at = now() + make_interval(secs => $3), payload = $4
     where id = $1 and locked_by = $2`,
    [row.id, row.locked_by, seconds, JSON.stringify({ ...message, postponed: message.postponed + 1 })],
  );
}

/** graphile-worker's own messages in our log. That a job failed is logged with its trace, where it happens. */
export function workerLogger(log: Logger): WorkerLogger {
  return new WorkerLogger(
    () => (level, message) => log[level === 'error' && !message.startsWith('Failed task ') ? 'warn' : 'debug'](message),
  );
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
}
