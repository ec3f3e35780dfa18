import { randomInt, randomUUID } from 'node:crypto';
import { cancelled, produce, type Carrier } from '@waymark/tracing';
import { atSend, type Sql, type Transaction } from '@waymark/service-kit';
import { messageIn, tracedMessage, type Job } from './job.ts';

export interface Adding {
  delaySeconds?: number;
  maxAttempts: number;
  /** For a message that repeats an earlier one: the new id, and the carrier of the earlier one. */
  messageId?: string;
  again?: Carrier;
}

const ADD = `select revision from graphile_worker.add_job($1, $2::json, queue_name => $3, job_key => $4,
  run_at => now() + make_interval(secs => $5), max_attempts => $6)`;

/**
 * Stores a job in the caller's transaction. In mode `link` it replaces a waiting job with the same key.
 * @throws {Error} in mode `parent` if a job with this key is waiting: replacing it would leave the trace that added it incomplete forever
 */
export async function addJob<P>(tx: Sql, job: Job<P>, payload: P, adding: Adding): Promise<void> {
  const { delaySeconds = 0, maxAttempts, messageId = randomUUID(), again } = adding;
  const { name, trace, version = 1, atOnce } = job;
  const key = keyOf(job, payload);
  // graphile-worker runs one job at a time in each queue.
  const queue = atOnce === undefined ? null : `${name}-${randomInt(atOnce)}`;
  const send = async (carrier: Carrier): Promise<void> => {
    const message = JSON.stringify({ messageId, carrier: await atSend(name, carrier), payload, version, trace });
    const [added] = await tx.query<{ revision: number }>(ADD, [name, message, queue, key, delaySeconds, job.maxAttempts ?? maxAttempts]);
    if (added?.revision && trace === 'parent') throw new Error(`A job ${key} is already waiting: cancel it before you add another`);
  };
  await produce(tracedMessage(name, { messageId, trace }), send, again);
}

/** Removes the job with this key if it is waiting for its time or its next attempt. A running job is left alone. */
export async function cancelJob<P>(tx: Transaction, job: Job<P>, payload: P): Promise<void> {
  const [taken] = await tx.query<{ payload: unknown }>(
    // complete_jobs skips a job that was locked in the meantime.
    `select payload from graphile_worker.complete_jobs(array(
       select id from graphile_worker.jobs where key = $1 and locked_at is null and attempts < max_attempts))`,
    [keyOf(job, payload)],
  );
  if (!taken) return;
  const message = messageIn(taken.payload);
  tx.afterCommit(() => cancelled(tracedMessage(job.name, message), message.carrier));
}

function keyOf<P>(job: Job<P>, payload: P): string | null {
  return job.key ? `${job.name}:${job.key(payload)}` : null;
}
