import type { Run } from './run.ts';

export type Side = 'broken' | 'fixed';

/** A way to lose a trace. Its folder has `broken.ts` and `fixed.ts`, each a Koa middleware as its default export, and a page of text. */
export interface Lab {
  /** What goes wrong, in a few words. */
  title: string;
  /** What is wrong with the broken side: a code of `verify` or what `settled` misses (docs/verdicts.md), `trace-split`, or a fault of the lab's own. */
  fails: string;
  /** Asks the side for what shows it; one `POST /` unless said otherwise. Each request begins a trace. */
  ask?: (url: string) => Promise<unknown>;
  /** How many traces there are when nothing is lost: one for each request, and one for each piece of work that has a trace of its own. */
  traces?: number;
  /** What is wrong beside what the traces show by themselves. */
  faults?: (run: Run) => Fault[];
}

/** Something that is wrong with what a side left behind. */
export interface Fault {
  code: string;
  message: string;
}
