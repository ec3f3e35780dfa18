import postgres from '@waymark/local-stack/jest-preset';
import base from '../../jest.config.js';

export default { ...base, ...postgres };
