import { judge, verdict, type Trace } from '@waymark/trace-model';
import { firstLines } from '../text/first-lines.ts';
import { incomplete, type Outcome } from './outcome.ts';

/**
 * Checks that the whole trace has arrived and that no finding is an error. Notes do not matter, and neither does whether the request
 * succeeded.
 */
export function isComplete(trace: Trace): Outcome {
  const waits = incomplete(trace);
  if (waits) return waits;
  const judgement = judge(trace);
  const { completeness, findings } = judgement;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const line = `trace ${trace.traceId} is ${verdict(trace, judgement)}`;
  if (errors.length > 0) {
    const list = firstLines(errors.map(({ code, message, cause }) => `${code}: ${message}\n    ${cause}`));
    return { pass: false, message: `${line}\n${list}`, trace };
  }
  if (completeness.state !== 'complete') return { pass: false, message: line, trace };
  return { pass: true, message: line + completeness.sentence.replace('complete', ''), trace };
}
