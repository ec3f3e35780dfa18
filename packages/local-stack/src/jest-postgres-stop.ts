import './jest-postgres.ts';

/** Jest's global teardown: stops the Postgres of the setup. */
export default async function stopTestPostgres(): Promise<void> {
  await globalThis.testPostgres?.close();
}
