import { fileURLToPath } from 'node:url';
import base from '../jest.config.js';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));

export default {
  ...base,
  globalSetup: path('src/shop/global-setup.ts'),
  globalTeardown: path('src/shop/global-teardown.ts'),
};
