import type { Logger } from 'pino';
import type { Sql } from './database.ts';

/** A worker that has not been heard of for this long is dead. Longer than any pause of a process that lives. */
const DEAD_AFTER = '6 seconds';

/**
 * Says that this worker lives, and gives the jobs of dead workers back to the queue at once. Without it, a job whose process was
 * killed would wait for graphile-worker's own limit of four hours.
 */
export async function unlockDeadWorkers(sql: Sql, self: string, log: Logger): Promise<void> {
  await sql.query('insert into job_workers (id) values ($1) on conflict (id) do update set seen_at = now()', [self]);
  const dead = await sql.query<{ id: string; jobs: number }>(
    `select locked_by as id, count(*)::int as jobs from graphile_worker.jobs
     where locked_at < now() - $1::interval
       and locked_by not in (select id from job_workers where seen_at > now() - $1::interval)
     group by locked_by`,
    [DEAD_AFTER],
  );
  for (const { id, jobs } of dead) {
    await sql.query('select graphile_worker.force_unlock_workers(array[$1])', [id]);
    log.warn({ worker: id, jobs }, 'a worker died; its jobs are given to others');
  }
  await sql.query(`delete from job_workers where seen_at < now() - interval '1 day'`);
}
