import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { consume, PoisonError } from '@waymark/tracing';
import { Logger as WorkerLogger, run, runMigrations, type JobHelpers, type Task, type WorkerEvents } from 'graphile-worker';
import type { Logger } from 'pino';
import { buryExhausted, listDeadLetters, putAway, replay, type DeadLetter } from './dead-letters.ts';
import type { Database, Sql, Transaction } from './database.ts';
import { addJob, cancelJob } from './job-rows.ts';
import { payloadOf, type Job, type Work } from './job.ts';
import { unlockDeadWorkers } from './job-workers.ts';
import { messageIn, traced } from './message.ts';
import { migrate } from './migrations.ts';

/** Jobs as rows of the service's own database: a job and the change that asks for it commit together. */
export interface Jobs {
  /** Stores a job in the caller's transaction, to be done at once or after a delay. */
  add<P>(tx: Sql, job: Job<P>, payload: P, delaySeconds?: number): Promise<void>;
  /** Removes, in the caller's transaction, the job with the key of this payload if it waits. One that runs must find nothing to do. */
  cancel<P>(tx: Transaction, job: Job<P>, payload: P): Promise<void>;
  /** Brings the tables up to date, then works jobs of these kinds off until `stop`, also across losses of the database. */
  start(works: readonly Work[]): Promise<void>;
  /** Lets the jobs in hand end; the rest stay stored. */
  stop(): Promise<void>;
  /** The newest hundred jobs that failed for good; those that were not replayed come first. */
  deadLetters(): Promise<DeadLetter[]>;
  /**
   * Tries a dead letter again, as a new message, and gives its id.
   * @throws {Problem} 404 for one that is not there, 409 for one that was replayed, or that nobody understands
   */
  replay(messageId: string): Promise<string>;
}

const CONCURRENCY = 4;
const TICK_MS = 1_000;
/** With a delay, even none, graphile-worker watches over the end of each job. Without, it forgets it: losing the database then ends the process. */
const WATCHED = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** @param maxAttempts how often a job is tried before it becomes a dead letter, unless its kind says; between attempts n and n+1 pass eⁿ seconds */
export function openJobs(db: Database, log: Logger, maxAttempts = 5): Jobs {
  const stopping = new AbortController();
  let worker: Promise<unknown> = Promise.resolve();
  let works: readonly Work[] = [];
  return {
    add: (tx, job, payload, delaySeconds = 0) => addJob(tx, job, payload, { delaySeconds, maxAttempts }),
    cancel: cancelJob,
    deadLetters: () => listDeadLetters(db),
    replay: (messageId) => db.transaction((tx) => replay(tx, messageId, works, maxAttempts)),
    async start(known) {
      works = known;
      await migrate(db, MIGRATIONS, 'jobs', log);
      await runMigrations({ pgPool: db.pool, logger: workerLogger(log) });
      worker = workUntil(stopping.signal, db, log, works);
    },
    async stop() {
      stopping.abort();
      await worker;
    },
  };
}

/** graphile-worker stops when it loses the database: it is started again until the signal aborts. */
async function workUntil(signal: AbortSignal, db: Database, log: Logger, works: readonly Work[]): Promise<void> {
  while (!signal.aborted) {
    await workOnce(signal, db, log, works).catch((error: unknown) => log.warn({ err: error }, 'the job worker stopped'));
    await pause(signal);
  }
}

async function workOnce(signal: AbortSignal, db: Database, log: Logger, works: readonly Work[]): Promise<void> {
  const events: WorkerEvents = new EventEmitter();
  let poolId = '';
  events.on('pool:create', ({ workerPool }) => {
    poolId = workerPool.id;
  });
  const runner = await run({
    pgPool: db.pool,
    preset: WATCHED,
    events,
    logger: workerLogger(log),
    noHandleSignals: true,
    concurrency: CONCURRENCY,
    pollInterval: TICK_MS,
    taskList: Object.fromEntries(works.map((work) => [work.job.name, taskOf(work, db, log)])),
  });
  const ended = new AbortController();
  // Also while the last jobs end: a worker that is not heard of loses its jobs to others.
  const tidying = tidyUntil(ended.signal, db, log, works, poolId);
  const stop = (): void => void runner.stop().catch(() => undefined);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    await runner.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    ended.abort();
    await tidying;
  }
}

async function tidyUntil(signal: AbortSignal, db: Database, log: Logger, works: readonly Work[], poolId: string): Promise<void> {
  while (!signal.aborted) {
    await unlockDeadWorkers(db, poolId, log)
      .then(() => buryExhausted(db, works, log))
      .catch((error: unknown) => log.warn({ err: error }, 'jobs could not be tidied'));
    await pause(signal);
  }
}

function workerLogger(log: Logger): WorkerLogger {
  return new WorkerLogger(() => (level, message) => log[level === 'error' ? 'warn' : 'debug'](message));
}

function taskOf(work: Work, db: Database, log: Logger): Task {
  const { job, deeds } = work;
  return async (raw: unknown, { job: { attempts, max_attempts: maxAttempts } }: JobHelpers) => {
    const message = messageIn(raw);
    const attempt = async (): Promise<void> => deeds.run(payloadOf(job, message));
    try {
      await consume(traced(job.name, message), message.carrier, { attempt: attempts, maxAttempts }, attempt);
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      await db.transaction((tx) => putAway(tx, message, work, { attempts, reason: error.message }, log));
    }
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
}
