import { fileURLToPath } from 'node:url';

// Tests start many processes that load the same modules.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compile', import.meta.url));

/** Jest runs TypeScript as Node does: types stripped, native modules, nothing transformed. */
export default {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  // Generous, because the machine may be busy. No test measures time with it.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  transform: {},
  reporters: ['default', fileURLToPath(new URL('.ci/jest-totals.js', import.meta.url))],
};
