import { fileURLToPath } from 'node:url';

/** Jest runs TypeScript as Node does: types stripped, native modules, nothing transformed. */
export default {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  // Patience for a busy machine, not a bound that anything is held to.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  transform: {},
  reporters: ['default', fileURLToPath(new URL('.ci/jest-totals.js', import.meta.url))],
};
