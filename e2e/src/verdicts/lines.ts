import { settled, verify, type Trace } from '@waymark/trace-model';
import { isComplete } from '@waymark/trace-testing';
import type { Example } from './examples.ts';

/** Why a sound trace can only be judged by its structure, if that is what an example shows. */
export const explained = ({ finds, undeclared, unknown }: Example): string =>
  finds.length > 0 ? '' : undeclared ? 'undeclared' : unknown ? 'unknown' : '';

/** The lines that say of a trace what `heading` stands for: as `trace verify` prints them, or, where it has nothing to print, as an assertion does. */
export function linesOf(trace: Trace, heading: string): string[] {
  if (heading === 'undeclared' || heading === 'unknown') return [isComplete(trace).message.replace(/^.*: /, '')];
  const found = verify(trace).filter(({ code }) => code === heading);
  if (found.length > 0) return found.map(({ severity, code, message }) => `${severity} ${code}: ${message}`);
  return settled(trace).awaited.flatMap(({ what, message }) => (what === heading ? [`waits for ${message}`] : []));
}
