import { tree, type Trace } from '@waymark/trace-model';
import { spanLines } from './tree-diff.ts';

/** A trace as `matchTree` reads it: print it once, and keep the lines that matter. It has no ids and times, so it is the same in every run. */
export const treeText = (trace: Trace): string =>
  tree(trace)
    .tops.flatMap((top) => spanLines(top))
    .join('\n');
