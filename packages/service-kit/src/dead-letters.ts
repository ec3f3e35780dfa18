import { deadLetter } from '@waymark/tracing';
import type { Logger } from 'pino';
import type { Database, Sql } from './database.ts';
import type { Work } from './job.ts';
import { storedMessage, SYSTEM } from './message.ts';

interface Exhausted {
  id: string;
  name: string;
  attempts: number;
  last_error: string | null;
}

/** Moves each job that failed at its last attempt, or died in it, to the dead letters, together with what its kind does then. */
export async function buryExhausted(db: Database, works: readonly Work[], log: Logger): Promise<void> {
  const exhausted = await db.query<Exhausted>(
    `select id::text, task_identifier as name, attempts, last_error from graphile_worker.jobs
     where attempts >= max_attempts and locked_at is null and task_identifier = any($1) limit 100`,
    [works.map(({ name }) => name)],
  );
  for (const dead of exhausted) {
    const work = works.find(({ name }) => name === dead.name);
    if (!work) continue;
    await db
      .transaction((tx) => bury(tx, dead, work, log))
      .catch((error: unknown) => log.error({ err: error, job: dead.name, id: dead.id }, 'a dead letter could not be stored'));
  }
}

async function bury(tx: Sql, dead: Exhausted, work: Work, log: Logger): Promise<void> {
  const [taken] = await tx.query<{ payload: unknown }>('select payload from graphile_worker.complete_jobs(array[$1::bigint])', [dead.id]);
  const message = storedMessage.safeParse(taken?.payload);
  if (!message.success) {
    if (taken) log.error({ job: dead.name, id: dead.id }, 'a job that is no message of ours was dropped');
    return;
  }
  const { messageId, carrier, payload } = message.data;
  await deadLetter({ system: SYSTEM, destination: dead.name, id: messageId }, carrier, async () => {
    await tx.query('insert into dead_letters (message_id, job, message, attempts, last_error) values ($1, $2, $3, $4, $5)', [
      messageId,
      dead.name,
      JSON.stringify(message.data),
      dead.attempts,
      dead.last_error,
    ]);
    await work.bury(tx, payload);
    log.error({ job: dead.name, messageId, attempts: dead.attempts, lastError: dead.last_error }, 'a job failed for good');
  });
}
