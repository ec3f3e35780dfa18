import { settled, verdict, verify } from '@waymark/trace-model';
import type { Fault, Lab } from './lab.ts';
import type { Run } from './run.ts';

/** The faults of a side, and a line of verdict for each trace. */
export interface Judgement {
  faults: readonly Fault[];
  verdicts: readonly string[];
}

/** Judges a side by its traces (docs/verdicts.md), by their number, and by the lab's own check. */
export function judge(lab: Lab, run: Run): Judgement {
  const expected = lab.traces ?? 1;
  const found = run.traces.map((trace) => verify(trace));
  const broken = found.flat().filter(({ severity }) => severity === 'error');
  const awaited = run.traces.flatMap((trace) => settled(trace).awaited).map(({ what, message }) => ({ code: what, message }));
  const count: Fault[] =
    run.traces.length > expected
      ? [{ code: 'trace-split', message: `There are ${run.traces.length} traces; there should be ${expected}.` }]
      : run.traces.length < expected
        ? [{ code: 'trace-missing', message: `There are ${run.traces.length} traces; there should be ${expected}.` }]
        : [];
  return {
    faults: [...count, ...broken, ...awaited, ...(lab.faults?.(run) ?? [])].map(({ code, message }) => ({ code, message })),
    verdicts: run.traces.map((trace) => verdict(trace)),
  };
}
