import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'A promise that nobody awaits', fails: 'child-outside-parent' };
