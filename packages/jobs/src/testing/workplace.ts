import { afterEach, beforeEach } from '@jest/globals';
import { type Database, openDatabase } from '@waymark/service-kit';
import type { Job } from '../job.ts';
import { openJobs, type Jobs } from '../jobs.ts';
import { type ReceivedSpan, receivedSpans, recordLog, until } from '@waymark/service-kit/testing';

/** The number of attempts in these tests. */
export const MAX_ATTEMPTS = 2;

interface JobLeft {
  attempts: number;
  last_error: string | null;
}

interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Gives each test of a file an empty database with jobs, and collects logs and spans. */
export function workplace(testDatabase: () => Promise<TestDatabase>) {
  const { log, lines } = recordLog();
  const spans = receivedSpans();
  let empty: TestDatabase;
  let db: Database;
  let jobs: Jobs;

  beforeEach(async () => {
    empty = await testDatabase();
    db = openDatabase(empty.url, log);
    jobs = openJobs(db, log, MAX_ATTEMPTS);
    spans.length = 0;
    lines.length = 0;
  });
  afterEach(async () => {
    await jobs.stop();
    await db.close();
    await empty.drop();
  });

  const jobsLeft = async (): Promise<JobLeft[]> => db.query('select attempts, last_error from graphile_worker.jobs order by id');

  /** Makes all waiting jobs due now, and returns the jobs that are left. */
  const hurried = async (): Promise<JobLeft[]> => {
    await db.query('update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()');
    return jobsLeft();
  };

  return {
    log,
    lines,
    get db() {
      return db;
    },
    get jobs() {
      return jobs;
    },
    get url() {
      return empty.url;
    },
    jobsLeft,
    hurried,
    add: async <P>(job: Job<P>, payload: P, delaySeconds?: number): Promise<void> =>
      db.transaction((tx) => jobs.add(tx, job, payload, delaySeconds)),
    cancel: async <P>(job: Job<P>, payload: P): Promise<void> => db.transaction((tx) => jobs.cancel(tx, job, payload)),
    /** Waits until all jobs are done, and makes delayed ones due at once. */
    allDone: async (): Promise<void> => void (await until(hurried, ({ length }) => length === 0, 'all jobs to be done')),
    /** Waits for `count` spans of this name. */
    async spansNamed(name: string, count: number): Promise<ReceivedSpan[]> {
      const found = (): ReceivedSpan[] => spans.filter((one) => one.name === name);
      return until(found, ({ length }) => length >= count, `${count} spans "${name}"`);
    },
    /** The names of the spans received so far. */
    spanNames: (): string[] => spans.map(({ name }) => name),
  };
}
