import base from '../jest.config.js';

export default {
  ...base,
  globalSetup: './src/global-setup.ts',
  globalTeardown: './src/global-teardown.ts',
  // They install packages, so the network counts too.
  testTimeout: 300_000,
};
