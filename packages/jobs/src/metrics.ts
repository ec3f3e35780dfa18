import type { Sql } from '@waymark/service-kit';
import { meter } from '@waymark/tracing';

interface Count {
  count: number;
  /** In seconds; 0 if there is none. */
  oldest: number;
}

const DUE = `select count(*)::int as count, coalesce(extract(epoch from now() - min(run_at)), 0)::float8 as oldest
  from graphile_worker._private_jobs where is_available and run_at <= now()`;

const DEAD = `select count(*)::int as count, coalesce(extract(epoch from now() - min(died_at)), 0)::float8 as oldest
  from dead_letters where replayed_at is null`;

/** Reports the queue and the dead letters, which are read whenever metrics are. All processes of a service report the same numbers. */
export function observeJobs(sql: Sql): void {
  const jobs = meter('@waymark/jobs');
  if (!jobs) return;
  const observe = (name: string, what: string, statement: string): void => {
    const count = jobs.createObservableGauge(`waymark.jobs.${name}`, { unit: '{job}', description: `${what}.` });
    const age = jobs.createObservableGauge(`waymark.jobs.${name}.age`, {
      unit: 's',
      description: `The age of the oldest of them: ${what}.`,
    });
    jobs.addBatchObservableCallback(
      async (result) => {
        const [row] = await sql.query<Count>(statement);
        result.observe(count, row?.count ?? 0);
        result.observe(age, row?.oldest ?? 0);
      },
      [count, age],
    );
  };
  observe('due', 'Jobs that are due and wait for a worker', DUE);
  observe('dead_letters', 'Jobs that failed for good and were not replayed', DEAD);
}
