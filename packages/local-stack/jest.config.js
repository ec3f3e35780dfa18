import base from '../../jest.config.js';
import preset from './jest-preset.js';

export default { ...base, ...preset };
