import type { Connections, Sql, Transaction } from '@waymark/service-kit';
import type { Logger } from 'pino';

/** A worker that was silent for this long is dead: its jobs are given to others. */
const DEAD_AFTER_MS = 6_000;
/** For so long after a heartbeat a worker may be sure that its jobs are still its own. Shorter, because the heartbeat takes time itself. */
const LEASE_MS = 5_000;

/** Says for how long a worker may be sure that its jobs are its own. */
export class Lease {
  /** On the monotonic clock. */
  #until = -Infinity;

  get isValid(): boolean {
    return performance.now() <= this.#until;
  }

  /** Lets the other workers know that this one lives. */
  async renew(sql: Sql, worker: string): Promise<void> {
    const sentAt = performance.now();
    // Not now(), which is when the statement began: it may have waited since.
    await sql.query(
      `insert into job_workers (id, seen_at) values ($1, clock_timestamp()) on conflict (id) do update set seen_at = clock_timestamp()`,
      [worker],
    );
    this.#until = sentAt + LEASE_MS;
  }
}

/**
 * Gives the jobs of dead workers back to the queue at once. Without it, a job whose process was killed would wait for graphile-worker's
 * own limit of four hours.
 */
export async function unlockDeadWorkers(control: Connections, log: Logger): Promise<void> {
  const dead = await control.query('select from job_workers where seen_at < now() - make_interval(secs => $1) limit 1', [
    DEAD_AFTER_MS / 1_000,
  ]);
  if (dead.length === 0) return;
  await control.transaction(async (tx) => {
    const gone = await tx.query<{ id: string }>('delete from job_workers where seen_at < now() - make_interval(secs => $1) returning id', [
      DEAD_AFTER_MS / 1_000,
    ]);
    for (const { id } of gone) await unlock(tx, id, log);
  });
}

async function unlock(tx: Transaction, worker: string, log: Logger): Promise<void> {
  const [held] = await tx.query<{ jobs: number }>('select count(*)::int as jobs from graphile_worker.jobs where locked_by = $1', [worker]);
  await tx.query('select graphile_worker.force_unlock_workers(array[$1])', [worker]);
  if (held?.jobs) log.warn({ worker, jobs: held.jobs }, 'a worker died; its jobs are given to others');
}

/** For a worker that ends: nobody needs to wait until it is found dead. */
export async function releaseJobs(sql: Sql, self: string): Promise<void> {
  await sql.query('select graphile_worker.force_unlock_workers(array[$1])', [self]);
  await sql.query('delete from job_workers where id = $1', [self]);
}
