import { judge, settled, verify, type Trace } from '@waymark/trace-model';
import type { Example } from './examples.ts';

/** Why all of a sound trace cannot be told to be here, if that is what an example shows. */
export const explained = ({ finds, undeclared, unknown }: Example): string =>
  finds.length > 0 ? '' : undeclared ? 'undeclared' : unknown ? 'unknown' : '';

/** The lines that say of a trace what `heading` stands for, as `trace verify` prints them. */
export function linesOf(trace: Trace, heading: string): string[] {
  if (heading === 'undeclared' || heading === 'unknown') return [judge(trace).completeness.sentence];
  const found = verify(trace).filter(({ code }) => code === heading);
  if (found.length > 0) return found.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);
  const { awaited, lost } = settled(trace);
  return [...awaited, ...lost].flatMap(({ what, message }) => (what === heading ? [`missing: ${message}`] : []));
}
