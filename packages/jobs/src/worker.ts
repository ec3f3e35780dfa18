import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, endsWithin, type Sql } from '@waymark/service-kit';
import { outside } from '@waymark/context';
import { Logger as WorkerLogger, run, type Runner, type WorkerEvents, type WorkerPool } from 'graphile-worker';
import type { Logger } from 'pino';
import { attempt } from './attempt.ts';
import { storeExhausted } from './dead-letters.ts';
import type { HandledJob } from './job.ts';
import { Lease, releaseJobs, unlockDeadWorkers } from './lease.ts';

/** How many jobs a process runs at once. Next to 64 requests, 24 jobs get enough of the database to fulfil orders as fast as they come in. */
export const CONCURRENCY = 24;
const TICK_MS = 1_000;
/** How often each worker looks for jobs by itself. It is also notified of new jobs at once, and of due jobs at each tick. */
const POLL_MS = 10_000;
/** With this many jobs due, the workers are behind. */
const BEHIND = 4 * CONCURRENCY;

/** After this many failures in a row to get a job, three per worker, the runner is restarted. */
const FAILURES_MAX = 3 * CONCURRENCY;

/** How long aborted attempts may take to end. */
const ABORT_MS = 1_000;
/** How long the runner may take to end after its last job. */
const RUNNER_ENDS_MS = 5_000;

/** With a delay, even 0, graphile-worker survives losing the database while it completes a job. Without one, its error ends the process. */
const PRESET = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };

/** The state that all workers of a process share. */
interface Shared {
  db: Database;
  log: Logger;
  handled: readonly HandledJob[];
  /** Aborted when no more jobs should be taken. */
  stopping: AbortSignal;
  /** Aborted when the attempts in progress must end. */
  aborting: AbortSignal;
  /** The id that jobs are locked with. */
  self: string;
  /** Set while the workers take jobs. */
  workers: WorkerPool | undefined;
  /** Whether many more jobs are due than there are workers, as of the last heartbeat. */
  isBehind: boolean;
}

/** A running worker. */
export interface Worker {
  /** Whether many more jobs are due than there are workers. */
  readonly isBehind: boolean;
  /** Takes no more jobs, waits at most `ms` milliseconds for those in progress, then aborts them. Any worker retries them later. */
  stop(ms: number): Promise<void>;
}

/** Handles jobs until it is stopped. It reconnects when the database is lost. */
export function startWorker(db: Database, log: Logger, handled: readonly HandledJob[]): Worker {
  const stopping = new AbortController();
  const aborting = new AbortController();
  const shared: Shared = {
    db,
    log,
    handled,
    stopping: stopping.signal,
    aborting: aborting.signal,
    self: '',
    workers: undefined,
    isBehind: false,
  };
  const ended = outside(() => workUntilStopped(shared));
  const stop = async (ms: number): Promise<void> => {
    stopping.abort();
    if (await endsWithin(ms, ended)) return;
    aborting.abort();
    if (await endsWithin(ABORT_MS, ended)) return;
    log.warn('released jobs that did not end when aborted; other workers will run them');
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

/** Restarts graphile-worker, which stops when it loses the database. */
async function workUntilStopped(shared: Shared): Promise<void> {
  while (!shared.stopping.aborted) {
    await workOnce(shared).catch((error: unknown) => shared.log.warn({ err: error }, 'the job worker stopped'));
    await pause(shared.stopping);
  }
}

async function workOnce(shared: Shared): Promise<void> {
  const { db, log, handled, stopping, aborting } = shared;
  const lease = new Lease();
  const events: WorkerEvents = new EventEmitter();
  events.on('pool:create', ({ workerPool }) => {
    shared.self = workerPool.id;
    shared.workers = workerPool;
  });
  events.on('pool:gracefulShutdown', () => (shared.workers = undefined));
  // graphile-worker caches the failure of its query for task ids, so only a restart recovers from it.
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
    taskList: Object.fromEntries(handled.map((one) => [one.job.name, (_, { job }) => attempt(one, job, { db, log, lease, aborting })])),
  });
  const ended = new AbortController();
  // The heartbeat continues while the last jobs end. Without it, other workers would get these jobs.
  const beating = beatUntil(ended.signal, shared, lease);
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });
  try {
    // graphile-worker 0.18 miscounts the statements it waits for if one fails while others succeed, and then never ends by itself.
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

/** Counts the due jobs, up to BEHIND. */
async function countDue(sql: Sql): Promise<number> {
  const due = await sql.query('select from graphile_worker._private_jobs where is_available and run_at <= now() limit $1', [BEHIND]);
  return due.length;
}

/** Writes graphile-worker's messages to our log. Failed jobs are logged elsewhere, with their trace. */
export function workerLogger(log: Logger): WorkerLogger {
  return new WorkerLogger(
    () => (level, message) => log[level === 'error' && !message.startsWith('Failed task ') ? 'warn' : 'debug'](message),
  );
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
}
