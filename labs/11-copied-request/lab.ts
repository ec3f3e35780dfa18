import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'A request copied, to be handled later', fails: 'trace-split' };
