import { fileURLToPath } from 'node:url';
import { runMigrations } from 'graphile-worker';
import type { Logger } from 'pino';
import { type Database, migrate, type Sql, type Transaction } from '@waymark/service-kit';
import {
  listDeadLetters,
  pruneDeadLetters,
  replay,
  replayAll,
  type DeadLetter,
  type DeadLetterFilter,
  type Replayed,
} from './dead-letters.ts';
import type { HandledJob, Job } from './job.ts';
import { addJob, cancelJob } from './rows.ts';
import { startWorker, workerLogger, type Worker } from './worker.ts';

/** Jobs as rows of the service's own database: a job and the change that asks for it commit together. */
export interface Jobs {
  /** Whether more jobs are due than the workers soon get to: a service that adds jobs for its requests should then handle fewer at once. */
  readonly isBehind: boolean;
  /** Stores a job in the caller's transaction, to run at once or after a delay. */
  add<P>(tx: Sql, job: Job<P>, payload: P, delaySeconds?: number): Promise<void>;
  /** Removes, in the caller's transaction, the waiting job with the key of this payload. One that is running must find nothing to do. */
  cancel<P>(tx: Transaction, job: Job<P>, payload: P): Promise<void>;
  /** Brings the tables up to date, then handles these kinds of jobs until `stop`, also across losses of the database. */
  start(handled: readonly HandledJob[]): Promise<void>;
  /**
   * Takes no more jobs, and waits at most `ms` milliseconds for those in hand. What has not ended by then is told to end and will be
   * tried again later; the rest stays stored.
   */
  stop(ms?: number): Promise<void>;
  /** The newest dead letters of the filter, at most a hundred; those that were not replayed come first. */
  deadLetters(filter?: DeadLetterFilter): Promise<DeadLetter[]>;
  /**
   * Tries a dead letter again, as a new message, and returns its id.
   * @throws {Problem} 404 if there is none, 409 if it was replayed before or no handler understands it
   */
  replay(messageId: string): Promise<string>;
  /** Tries all dead letters of the filter again, at most a thousand. */
  replayAll(filter: DeadLetterFilter): Promise<Replayed>;
  /** Removes dead letters that are older than their retention: 30 days if replayed, else 90. */
  prune(): Promise<void>;
}

const STOP_MS = 8_000;
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** So that looking for exhausted jobs, every second, does not read the whole queue. */
const INDEX = `create index if not exists waymark_exhausted_jobs on graphile_worker._private_jobs (id)
  where attempts >= max_attempts and locked_at is null`;

/** Any number, the same in every process. */
const INDEX_LOCK = 7_263_145;

/** @param maxAttempts how many attempts may fail before a job becomes a dead letter, unless its kind says; between attempts n and n+1 pass eⁿ seconds */
export function openJobs(db: Database, log: Logger, maxAttempts = 5): Jobs {
  let worker: Worker | undefined;
  let handled: readonly HandledJob[] = [];
  return {
    get isBehind() {
      return worker?.isBehind ?? false;
    },
    add: (tx, job, payload, delaySeconds = 0) => addJob(tx, job, payload, { delaySeconds, maxAttempts }),
    cancel: cancelJob,
    deadLetters: (filter = {}) => listDeadLetters(db, filter),
    replay: (messageId) => db.transaction((tx) => replay(tx, messageId, handled, maxAttempts)),
    replayAll: (filter) => replayAll(db, filter, handled, maxAttempts),
    prune: () => pruneDeadLetters(db),
    async start(known) {
      handled = known;
      await migrate(db, MIGRATIONS, 'jobs', log);
      await runMigrations({ pgPool: db.control.pool, logger: workerLogger(log) });
      await db.transaction(async (tx) => {
        // Processes that start at once must not create it at once.
        await tx.query('select pg_advisory_xact_lock($1)', [INDEX_LOCK]);
        await tx.query(INDEX);
      });
      worker = startWorker(db, log, handled);
    },
    stop: async (ms = STOP_MS) => worker?.stop(ms),
  };
}
