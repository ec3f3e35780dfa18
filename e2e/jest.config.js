import base from '../jest.config.js';

export default { ...base, testTimeout: 60_000 };
