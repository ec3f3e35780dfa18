import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

/** To be spread into a Jest configuration: one Postgres for the run, on which tests call `testDatabase()`. */
export default { globalSetup: path('src/jest-postgres.ts'), globalTeardown: path('src/jest-postgres-stop.ts') };
