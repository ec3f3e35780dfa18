import postgres from '@waymark/local-stack/jest-preset';
import base from '../../jest.config.js';

// Most of these tests wait: for processes, jobs and signs of life.
export default { ...base, ...postgres, maxWorkers: 2 };
