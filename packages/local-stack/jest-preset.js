import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

/** For `preset: '@waymark/local-stack'` in a Jest configuration: tests may call `testDatabase()`. */
export default { globalSetup: path('src/jest-postgres.ts'), globalTeardown: path('src/jest-postgres-stop.ts') };
