import { expect, test } from '@jest/globals';
import { testDatabase } from '@waymark/local-stack';
import { until } from '@waymark/service-kit/testing';
import { handle } from './job.ts';
import { echoJob } from './testing/echo-job.ts';
import { workplace } from './testing/workplace.ts';

const place = workplace(testDatabase);
const WAITING = 20_000;
const BATCH = 5_000;

test('the worker does not read the whole queue each second', async () => {
  const { db, jobs } = place;
  await jobs.start([handle(echoJob, { run: () => Promise.resolve() })]);
  await place.add(echoJob, { text: 'later' }, 3_600);
  // In parts: a busy machine needs longer for all of them than a statement may take.
  for (let added = 0; added < WAITING; added += BATCH) {
    await db.query(
      `insert into graphile_worker._private_jobs (task_id, payload, run_at)
       select id, '{}', now() + interval '1 hour' from graphile_worker._private_tasks, generate_series(1, $1) where identifier = 'echo'`,
      [BATCH],
    );
  }
  expect(await place.jobsLeft()).toHaveLength(WAITING + 1);
  await db.query('vacuum analyze graphile_worker._private_jobs');
  const heartbeat = async (): Promise<number> => {
    const [last] = await db.query<{ at: Date | null }>('select max(seen_at) as at from job_workers');
    return last?.at?.getTime() ?? 0;
  };
  const rowsRead = async (): Promise<number> => {
    const [table] = await db.query<{ rows: number }>(
      `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_user_tables where relname = '_private_jobs'`,
    );
    return table!.rows;
  };
  const afterBeats = async (count: number): Promise<void> => {
    const start = await heartbeat();
    await until(heartbeat, (at) => at > start + count * 1_000, 'some heartbeats', 30_000);
  };
  await until(heartbeat, Boolean, 'the first heartbeat');
  // Each connection reports its statistics once a second.
  await afterBeats(2);
  const before = await rowsRead();
  await afterBeats(4);
  expect((await rowsRead()) - before).toBeLessThan(WAITING / 10);
}, 60_000);
