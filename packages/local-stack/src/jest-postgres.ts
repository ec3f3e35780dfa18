import { startPostgres, type Postgres } from './postgres.ts';

declare global {
  var testPostgres: Postgres | undefined;
}

/** Jest's global setup: starts one throw-away Postgres for the run, which `testDatabase` finds by TEST_POSTGRES_URL. One set by the caller is used as it is. */
export default async function startTestPostgres(): Promise<void> {
  if (process.env['TEST_POSTGRES_URL']) return;
  globalThis.testPostgres = await startPostgres();
  process.env['TEST_POSTGRES_URL'] = globalThis.testPostgres.url;
}
