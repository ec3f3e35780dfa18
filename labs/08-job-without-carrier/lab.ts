import type { Lab } from '../src/lab.ts';
import { spanMissing } from '../src/span-missing.ts';

export const lab: Lab = {
  title: 'A job that is stored without its context',
  fails: 'trace-split',
  faults: spanMissing('POST', 'send receipt'),
};
