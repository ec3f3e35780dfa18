import type { Connections, Sql, Transaction } from '@waymark/service-kit';
import type { Logger } from 'pino';

/** A worker without a heartbeat for this long is considered dead, and its jobs are given to others. */
const DEAD_AFTER_MS = 6_000;
/** How long after a heartbeat a worker can be sure that it still owns its jobs. It is shorter, because the heartbeat itself takes time. */
const LEASE_MS = 5_000;

/** Knows whether a worker can be sure that it still owns its jobs. */
export class Lease {
  /** On the monotonic clock. */
  #until = -Infinity;

  get isValid(): boolean {
    return performance.now() <= this.#until;
  }

  /** Sends a heartbeat to the other workers. */
  async renew(sql: Sql, worker: string): Promise<void> {
    const sentAt = performance.now();
    // now() would be the start of the statement, which may have waited for a lock since.
    await sql.query(
      `insert into job_workers (id, seen_at) values ($1, clock_timestamp()) on conflict (id) do update set seen_at = clock_timestamp()`,
      [worker],
    );
    this.#until = sentAt + LEASE_MS;
  }
}

const DEAD = 'select id from job_workers where seen_at < now() - make_interval(secs => $1)';
/** A worker that was killed before its first heartbeat has no row, but may hold jobs. */
const UNKNOWN = `select locked_by as id from graphile_worker._private_jobs as job
  where locked_at < now() - make_interval(secs => $1) and not exists (select from job_workers where id = job.locked_by)`;

/**
 * Returns the jobs of dead workers to the queue. Otherwise, a job whose process was killed would wait for graphile-worker's own timeout of
 * four hours.
 */
export async function unlockDeadWorkers(control: Connections, log: Logger): Promise<void> {
  const dead = await control.query(`${DEAD} union all ${UNKNOWN} limit 1`, [DEAD_AFTER_MS / 1_000]);
  if (dead.length === 0) return;
  await control.transaction(async (tx) => {
    const gone = await tx.query<{ id: string }>(`delete from job_workers where id in (${DEAD}) returning id`, [DEAD_AFTER_MS / 1_000]);
    const unknown = await tx.query<{ id: string }>(`${UNKNOWN} for update`, [DEAD_AFTER_MS / 1_000]);
    for (const id of new Set([...gone, ...unknown].map((worker) => worker.id))) await unlock(tx, id, log);
  });
}

async function unlock(tx: Transaction, worker: string, log: Logger): Promise<void> {
  const [held] = await tx.query<{ jobs: number }>('select count(*)::int as jobs from graphile_worker.jobs where locked_by = $1', [worker]);
  await tx.query('select graphile_worker.force_unlock_workers(array[$1])', [worker]);
  if (held?.jobs) log.warn({ worker, jobs: held.jobs }, 'a worker died; its jobs are given to others');
}

/** Releases the jobs of a worker that ends, so that others need not wait until it is considered dead. */
export async function releaseJobs(sql: Sql, self: string): Promise<void> {
  await sql.query('select graphile_worker.force_unlock_workers(array[$1])', [self]);
  await sql.query('delete from job_workers where id = $1', [self]);
}
