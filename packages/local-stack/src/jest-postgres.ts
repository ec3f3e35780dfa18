import { startPostgres, type Postgres } from './postgres.ts';

declare global {
  var testPostgres: Postgres | undefined;
}

/** Jest's global setup: starts one temporary Postgres for the run and sets TEST_POSTGRES_URL for `testDatabase`. If that is already set, it starts nothing. */
export default async function startTestPostgres(): Promise<void> {
  if (process.env['TEST_POSTGRES_URL']) return;
  globalThis.testPostgres = await startPostgres();
  process.env['TEST_POSTGRES_URL'] = globalThis.testPostgres.url;
}
