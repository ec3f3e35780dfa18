import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'Two injectors on one hop', fails: 'trace-split' };
