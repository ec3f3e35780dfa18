import './jest-postgres.ts';

/** Jest's global teardown: stops what the setup started. */
export default async function stopTestPostgres(): Promise<void> {
  await globalThis.testPostgres?.close();
}
