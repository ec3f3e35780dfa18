import type { Lab } from '../src/lab.ts';

export const lab: Lab = { title: 'Fire and forget, with the request object', fails: 'segment-outlived' };
