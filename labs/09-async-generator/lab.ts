import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'A lazy query and an async generator, created in a span', fails: 'trace-split' };
