import type { Lab } from '../src/lab.ts';
import { spanMissing } from '../src/span-missing.ts';

export const lab: Lab = {
  title: 'A worker thread that gets work without its context',
  fails: 'trace-split',
  faults: spanMissing('POST', 'render label'),
};
