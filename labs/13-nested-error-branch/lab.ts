import type { Fault, Lab } from '../src/lab.ts';
import type { Run } from '../src/run.ts';

export const lab: Lab = {
  title: 'Nested tasks, and an error in one branch',
  fails: 'child-outside-parent',
  faults: recordedOnce,
};

/** The error passes four spans, but only one may record it. */
function recordedOnce({ traces }: Run): Fault[] {
  const told = traces.flatMap(({ spans }) => spans.flatMap(({ events }) => events)).filter(({ name }) => name === 'exception');
  return told.length === 1 ? [] : [{ code: 'exception-count', message: `The exception is recorded ${told.length} times.` }];
}
