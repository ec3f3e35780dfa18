import { afterEach, beforeEach } from '@jest/globals';
import { type Database, openDatabase } from '@waymark/service-kit';
import type { Job } from '../job.ts';
import { openJobs, type Jobs } from '../jobs.ts';
import { type ReceivedSpan, receivedSpans, recordLog, until } from '@waymark/service-kit/testing';

/** How often a job is tried here. */
export const MAX_ATTEMPTS = 2;

interface JobLeft {
  attempts: number;
  last_error: string | null;
}

interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** For a file of tests: each has an empty database with jobs, and what they log and trace is kept. */
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

  /** The jobs that are left; those that wait are done now. */
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
    /** Waits for all jobs, none of which shall wait for its time. */
    allDone: async (): Promise<void> => void (await until(hurried, ({ length }) => length === 0, 'all jobs to be done')),
    /** The spans of this name, as soon as there are so many. */
    async spansNamed(name: string, count: number): Promise<ReceivedSpan[]> {
      const found = (): ReceivedSpan[] => spans.filter((one) => one.name === name);
      return until(found, ({ length }) => length >= count, `${count} spans "${name}"`);
    },
    /** Of the spans that have come by now. */
    spanNames: (): string[] => spans.map(({ name }) => name),
  };
}
