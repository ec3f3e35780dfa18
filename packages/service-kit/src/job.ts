import type { z } from 'zod';
import type { Sql } from './database.ts';

/** A kind of job: its name and what it carries. */
export interface Job<P> {
  name: string;
  payload: z.ZodType<P>;
}

/** Declares a kind of job. */
export function job<P>(name: string, payload: z.ZodType<P>): Job<P> {
  return { name, payload };
}

/** What is done for a kind of job. */
export interface Work {
  name: string;
  run(payload: unknown): Promise<void>;
  bury(tx: Sql, payload: unknown): Promise<void>;
}

/**
 * Says what is done for a kind of job. Both functions may run more than once for one job: repeating them must do no harm.
 * @param run one attempt; rejecting means: try again later
 * @param bury runs after the last attempt failed, in the transaction that moves the job to the dead letters
 */
export function work<P>(job: Job<P>, run: (payload: P) => Promise<void>, bury: (tx: Sql, payload: P) => Promise<void>): Work {
  return {
    name: job.name,
    run: (raw) => run(job.payload.parse(raw)),
    async bury(tx, raw) {
      const understood = job.payload.safeParse(raw);
      if (understood.success) await bury(tx, understood.data);
    },
  };
}
