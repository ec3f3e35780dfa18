import { styleText } from 'node:util';
import type { Io } from './io.ts';
import type { Judged } from './judged.ts';

/** The verdict with its colour: green if all is well, red if something is broken, missing or failed, and otherwise yellow. */
export function colouredVerdict({ verdict, completeness: { state }, outcome, sound }: Judged, { colour }: Io): string {
  if (!colour) return verdict;
  const bad = !sound || state === 'incomplete' || outcome.state === 'failed';
  return styleText(bad ? 'red' : state === 'complete' && outcome.state === 'ok' ? 'green' : 'yellow', verdict, { validateStream: false });
}
