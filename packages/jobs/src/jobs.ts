import { fileURLToPath } from 'node:url';
import { runMigrations } from 'graphile-worker';
import type { Logger } from 'pino';
import { type Database, migrate, MIGRATION_MS, type Sql, type Transaction } from '@waymark/service-kit';
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
import { observeJobs } from './metrics.ts';
import { addJob, cancelJob } from './rows.ts';
import { startWorker, workerLogger, type Worker } from './worker.ts';

/** Jobs as rows of the service's own database. A job and the change that requests it are committed together. */
export interface Jobs {
  /** True if many more jobs are due than there are workers. A service that adds jobs for its requests should then handle fewer requests at once. */
  readonly isBehind: boolean;
  /** Stores a job in the caller's transaction, to run at once or after a delay. */
  add<P>(tx: Sql, job: Job<P>, payload: P, delaySeconds?: number): Promise<void>;
  /** Removes the waiting job with the key of this payload, in the caller's transaction. A running job is not stopped, so it must check whether it is still needed. */
  cancel<P>(tx: Transaction, job: Job<P>, payload: P): Promise<void>;
  /** Migrates the tables. `start` does it too if it was not done. */
  migrate(): Promise<void>;
  /** Migrates the tables, then handles these kinds of jobs until `stop`. It reconnects when the database is lost. */
  start(handled: readonly HandledJob[]): Promise<void>;
  /**
   * Takes no more jobs, and waits at most `ms` milliseconds for those in progress. Jobs that have not ended by then are aborted and retried
   * later. Waiting jobs stay stored.
   */
  stop(ms?: number): Promise<void>;
  /** Returns at most a hundred dead letters of the filter. Those that were not replayed come first, then the newest. */
  deadLetters(filter?: DeadLetterFilter): Promise<DeadLetter[]>;
  /**
   * Retries a dead letter as a new message and returns the new id.
   * @throws {Problem} 404 if it does not exist, 409 if it was replayed before or no handler understands it
   */
  replay(messageId: string): Promise<string>;
  /** Retries all dead letters of the filter that were not replayed before, at most a thousand. */
  replayAll(filter: DeadLetterFilter): Promise<Replayed>;
  /** Removes dead letters 30 days after their replay, and the others after 90 days. */
  prune(): Promise<void>;
}

const STOP_MS = 8_000;
const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));

/** Every second the worker looks for jobs that are exhausted or held by a dead worker. With these indexes it does not read the whole queue. */
const INDEXES = `
  create index if not exists waymark_exhausted_jobs on graphile_worker._private_jobs (id) where attempts >= max_attempts and locked_at is null;
  create index if not exists waymark_locked_jobs on graphile_worker._private_jobs (locked_at) where locked_at is not null`;

/** The key of an advisory lock. Any number works, if it is the same in every process. */
const INDEX_LOCK = 7_263_145;

/**
 * Opens the jobs of a database. They run after `start`.
 * @param maxAttempts how many attempts may fail before a job becomes a dead letter, unless its kind sets its own number
 */
export function openJobs(db: Database, log: Logger, maxAttempts = 5): Jobs {
  let worker: Worker | undefined;
  let migrated: Promise<void> | undefined;
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
    migrate: () => (migrated ??= migrateJobs(db, log)),
    async start(known) {
      handled = known;
      await this.migrate();
      observeJobs(db.control);
      worker = startWorker(db, log, handled);
    },
    stop: async (ms = STOP_MS) => worker?.stop(ms),
  };
}

async function migrateJobs(db: Database, log: Logger): Promise<void> {
  await migrate(db, MIGRATIONS, 'jobs', log);
  await db.migrating((pgPool) => runMigrations({ pgPool, logger: workerLogger(log) }));
  await db.transaction(async (tx) => {
    // Only one process at a time may create the indexes.
    await tx.query('select pg_advisory_xact_lock($1)', [INDEX_LOCK]);
    await tx.query(INDEXES);
  }, MIGRATION_MS);
}
