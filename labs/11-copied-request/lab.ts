import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'A copied request, handled later', fails: 'trace-split' };
