import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'A lazy query and an async generator, made in a span', fails: 'trace-split' };
