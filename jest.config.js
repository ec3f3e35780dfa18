/** Jest runs TypeScript as Node does: types stripped, native modules, nothing transformed. */
export default {
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.test.ts'],
  transform: {},
};
