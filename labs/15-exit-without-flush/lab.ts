import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'An exit before the spans are exported', fails: 'trace-missing' };
