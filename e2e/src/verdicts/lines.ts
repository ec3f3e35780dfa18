import { judge, settled, verify, type Trace } from '@waymark/trace-model';
import type { Example } from './examples.ts';

/** Why it is uncertain whether the trace of an example is complete: `undeclared`, `unknown`, or empty if that is not its topic. */
export const explained = ({ finds, undeclared, unknown }: Example): string =>
  finds.length > 0 ? '' : undeclared ? 'undeclared' : unknown ? 'unknown' : '';

/** The lines of `trace verify` for a finding, something missing, or uncertainty. `heading` is its heading in docs/verdicts.md. */
export function linesOf(trace: Trace, heading: string): string[] {
  if (heading === 'undeclared' || heading === 'unknown') return [judge(trace).completeness.sentence];
  const found = verify(trace).filter(({ code }) => code === heading);
  if (found.length > 0) return found.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);
  const { awaited, lost } = settled(trace);
  return [...awaited, ...lost].flatMap(({ what, message }) => (what === heading ? [`missing: ${message}`] : []));
}
