import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Spread this into a Jest configuration. It starts one Postgres for the run, so that tests can call `testDatabase()`. */
export default { globalSetup: path('src/jest-postgres.ts'), globalTeardown: path('src/jest-postgres-stop.ts') };
