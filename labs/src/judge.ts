import { settled, verdict, verify } from '@waymark/trace-model';
import type { Fault, Lab } from './lab.ts';
import type { Run } from './run.ts';

/** What is wrong with what a side left behind, and a line that says it of each trace. */
export interface Judgement {
  faults: readonly Fault[];
  verdicts: readonly string[];
}

/** Judges by the traces themselves (docs/verdicts.md), by their number, and by what the lab looks for besides. */
export function judge(lab: Lab, run: Run): Judgement {
  const expected = lab.traces ?? 1;
  const found = run.traces.map((trace) => verify(trace));
  const broken = found.flat().filter(({ severity }) => severity === 'error');
  const awaited = run.traces.flatMap((trace) => settled(trace).awaited).map(({ what, message }) => ({ code: what, message }));
  const count: Fault[] =
    run.traces.length > expected
      ? [{ code: 'trace-split', message: `There are ${run.traces.length} traces where ${expected} should be.` }]
      : run.traces.length < expected
        ? [{ code: 'trace-missing', message: `There are ${run.traces.length} traces where ${expected} should be.` }]
        : [];
  return {
    faults: [...count, ...broken, ...awaited, ...(lab.faults?.(run) ?? [])].map(({ code, message }) => ({ code, message })),
    verdicts: run.traces.map((trace) => verdict(trace)),
  };
}
