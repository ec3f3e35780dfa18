import { verdict, verify, type Trace } from '#trace-model';
import { judge, whyStructure } from './completeness.ts';
import { firstLines } from './first-lines.ts';
import { incomplete, type Outcome } from './outcome.ts';

/** Whether all of the trace is there, and nothing in it is broken: no finding of `verify` that is an error. Notes do not matter. */
export function isComplete(trace: Trace): Outcome {
  const waits = incomplete(trace);
  if (waits) return waits;
  const findings = verify(trace);
  const errors = findings.filter(({ severity }) => severity === 'error');
  const line = verdict(trace, findings);
  if (errors.length > 0) {
    const list = firstLines(errors.map(({ code, message, cause }) => `${code}: ${message}\n    ${cause}`));
    return { pass: false, message: `trace ${trace.traceId} is ${line}\n${list}`, trace };
  }
  const { completeness } = judge(trace);
  const structure = completeness.by === 'structure' ? `, as far as its structure shows: ${whyStructure(completeness)}` : '';
  return { pass: true, message: `trace ${trace.traceId} is ${line}${structure}`, trace };
}
