import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'A span that is never ended', fails: 'spans' };
