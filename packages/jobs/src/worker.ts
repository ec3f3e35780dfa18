import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, endsWithin, type Sql } from '@waymark/service-kit';
import { outside } from '@waymark/tracing';
import { Logger as WorkerLogger, run, type Runner, type WorkerEvents, type WorkerPool } from 'graphile-worker';
import type { Logger } from 'pino';
import { attempt } from './attempt.ts';
import { storeExhausted } from './dead-letters.ts';
import type { HandledJob } from './job.ts';
import { Lease, releaseJobs, unlockDeadWorkers } from './lease.ts';

/** How many jobs a process runs at once: enough of them to get their share of the database beside 64 requests, so that orders are fulfilled as fast as they come in. */
export const CONCURRENCY = 24;
const TICK_MS = 1_000;
/** How often each of the workers looks for jobs by itself. It is told of new ones, and of those that have become due at each tick. */
const POLL_MS = 10_000;
/** With so many jobs due, the workers are behind. */
const BEHIND = 4 * CONCURRENCY;

/** When getting a job has failed this often in a row, three times for each worker, the runner is started again. */
const FAILURES_MAX = 3 * CONCURRENCY;

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
  const { db, log, handled, stopping, cutOff } = shared;
  const lease = new Lease();
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
    taskList: Object.fromEntries(handled.map((one) => [one.job.name, (_, { job }) => attempt(one, job, { db, log, lease, cutOff })])),
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

async function beatUntil(signal: AbortSignal, shared: Shared, lease: Lease): Promise<void> {
  const { db, log, handled, self } = shared;
  while (!signal.aborted) {
    try {
      await lease.renew(db.control, self);
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

/** graphile-worker's own messages in our log. That a job failed is logged with its trace, where it happens. */
export function workerLogger(log: Logger): WorkerLogger {
  return new WorkerLogger(
    () => (level, message) => log[level === 'error' && !message.startsWith('Failed task ') ? 'warn' : 'debug'](message),
  );
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
}
