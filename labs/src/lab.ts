import type { Run } from './run.ts';

export type Side = 'broken' | 'fixed';

/** A way to lose a trace. Its folder has `broken.ts` and `fixed.ts`, each with a Koa middleware as its default export, and a README. */
export interface Lab {
  /** What goes wrong, in a few words. */
  title: string;
  /** The fault of the broken side: a code of `verify`, something that `settled` waits for (docs/verdicts.md), `trace-split`, or a fault that the lab defines. */
  fails: string;
  /** Sends the requests that show the fault. Default: one `POST /`. Each request starts a trace. */
  ask?: (url: string) => Promise<unknown>;
  /** The number of traces when nothing is lost: one per request, and one per piece of work with a trace of its own. Default: 1. */
  traces?: number;
  /** Finds faults that the traces alone do not show. */
  faults?: (run: Run) => Fault[];
}

/** Something that is wrong with the traces or logs of a side. */
export interface Fault {
  code: string;
  message: string;
}
