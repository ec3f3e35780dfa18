import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { consume, produce } from '@waymark/tracing';
import { Logger as WorkerLogger, run, runMigrations, type JobHelpers, type Task, type WorkerEvents } from 'graphile-worker';
import type { Logger } from 'pino';
import { buryExhausted } from './dead-letters.ts';
import type { Database, Sql } from './database.ts';
import type { Job, Work } from './job.ts';
import { unlockDeadWorkers } from './job-workers.ts';
import { storedMessage, SYSTEM, type StoredMessage } from './message.ts';
import { migrate } from './migrations.ts';

/** Jobs as rows of the service's own database: a job and the change that asks for it commit together. */
export interface Jobs {
  /** Stores a job in the caller's transaction, to be done at once or after a delay. */
  add<P>(tx: Sql, job: Job<P>, payload: P, delaySeconds?: number): Promise<void>;
  /** Brings the tables up to date, then works jobs of these kinds off until `stop`, also across losses of the database. */
  start(works: readonly Work[]): Promise<void>;
  /** Lets the jobs in hand end; the rest stay stored. */
  stop(): Promise<void>;
}

const CONCURRENCY = 4;
const TICK_MS = 1_000;
/** With a delay, even none, graphile-worker watches over the end of each job. Without, it forgets it: losing the database then ends the process. */
const WATCHED = { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } };
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** @param maxAttempts how often a job is tried before it becomes a dead letter; between attempts n and n+1 pass eⁿ seconds */
export function openJobs(db: Database, log: Logger, maxAttempts: number): Jobs {
  const stopping = new AbortController();
  let worker: Promise<unknown> = Promise.resolve();
  return {
    add: (tx, job, payload, delaySeconds = 0) => add(tx, job, payload, delaySeconds, maxAttempts),
    async start(works) {
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
    taskList: Object.fromEntries(works.map((work) => [work.name, taskOf(work)])),
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

async function add<P>(tx: Sql, job: Job<P>, payload: P, delaySeconds: number, maxAttempts: number): Promise<void> {
  const messageId = randomUUID();
  await produce({ system: SYSTEM, destination: job.name, id: messageId }, async (carrier) => {
    const message: StoredMessage = { messageId, carrier, payload };
    await tx.query('select graphile_worker.add_job($1, $2::json, run_at => now() + make_interval(secs => $4), max_attempts => $3)', [
      job.name,
      JSON.stringify(message),
      maxAttempts,
      delaySeconds,
    ]);
  });
}

function taskOf({ name, ...work }: Work): Task {
  return async (raw: unknown, { job: { attempts, max_attempts: maxAttempts } }: JobHelpers) => {
    const { messageId, carrier, payload } = storedMessage.parse(raw);
    const message = { system: SYSTEM, destination: name, id: messageId };
    await consume(message, carrier, { attempt: attempts, maxAttempts }, () => work.run(payload));
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
}
