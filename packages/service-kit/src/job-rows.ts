import { randomInt, randomUUID } from 'node:crypto';
import { cancelled, produce, type Carrier } from '@waymark/tracing';
import type { Sql, Transaction } from './database.ts';
import type { Job } from './job.ts';
import { messageIn, traced } from './message.ts';

export interface Adding {
  delaySeconds?: number;
  maxAttempts: number;
  /** Of a message that repeats an earlier one: its id, and where the earlier one came from. */
  messageId?: string;
  again?: Carrier;
}

const ADD = `select revision from graphile_worker.add_job($1, $2::json, queue_name => $3, job_key => $4,
  run_at => now() + make_interval(secs => $5), max_attempts => $6)`;

/**
 * Stores a job in the caller's transaction. One that waits under the same key is replaced if its trace is `link`.
 * @throws {Error} if its trace is `parent`, and would wait for the other for ever
 */
export async function addJob<P>(tx: Sql, job: Job<P>, payload: P, adding: Adding): Promise<void> {
  const { delaySeconds = 0, maxAttempts, messageId = randomUUID(), again } = adding;
  const { name, trace, version = 1, atOnce } = job;
  const key = keyOf(job, payload);
  // A queue of graphile-worker runs one job at a time.
  const queue = atOnce === undefined ? null : `${name}-${randomInt(atOnce)}`;
  const send = async (carrier: Carrier): Promise<void> => {
    const message = JSON.stringify({ messageId, carrier, payload, version, trace });
    const [added] = await tx.query<{ revision: number }>(ADD, [name, message, queue, key, delaySeconds, job.maxAttempts ?? maxAttempts]);
    if (added?.revision && trace === 'parent') throw new Error(`A job ${key} waits already: cancel it before you add another`);
  };
  await produce(traced(name, { messageId, trace }), send, again);
}

/** Removes the job of this key that waits, for its time or for its next attempt. One that runs is left alone. */
export async function cancelJob<P>(tx: Transaction, job: Job<P>, payload: P): Promise<void> {
  const [taken] = await tx.query<{ payload: unknown }>(
    // It leaves out what was locked meanwhile.
    `select payload from graphile_worker.complete_jobs(array(
       select id from graphile_worker.jobs where key = $1 and locked_at is null and attempts < max_attempts))`,
    [keyOf(job, payload)],
  );
  if (!taken) return;
  const message = messageIn(taken.payload);
  tx.afterCommit(() => cancelled(traced(job.name, message), message.carrier));
}

function keyOf<P>(job: Job<P>, payload: P): string | null {
  return job.key ? `${job.name}:${job.key(payload)}` : null;
}
