import { tree, type Trace } from '@waymark/trace-model';
import { spanLines } from './tree-diff.ts';

/** A trace as `matchTree` reads it: print it once, keep what matters. Without ids and times, so that it is the same at every run. */
export const treeText = (trace: Trace): string =>
  tree(trace)
    .tops.flatMap((top) => spanLines(top))
    .join('\n');
