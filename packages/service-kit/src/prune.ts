import type { Sql } from './database.ts';
import { remainingMs } from './deadline.ts';

/** How many rows one statement deletes: it takes a fraction of a second, and other statements wait for it no longer. */
const BATCH = 10_000;

/**
 * Deletes the rows of a table that satisfy a condition, in batches, until none is left or the time is over. Processes that do this at the same
 * time share the work.
 */
export async function deleteWhere(sql: Sql, table: string, condition: string): Promise<void> {
  let deleted = BATCH;
  while (deleted === BATCH && remainingMs() > 0) {
    const [row] = await sql.query<{ count: number }>(
      `with deleted as (
         delete from ${table} where ctid = any(array(select ctid from ${table} where ${condition} limit ${BATCH} for update skip locked))
         returning 1)
       select count(*)::int from deleted`,
    );
    deleted = row?.count ?? 0;
  }
}
