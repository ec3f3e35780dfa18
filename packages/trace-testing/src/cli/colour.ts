import { styleText } from 'node:util';
import type { Io } from './io.ts';
import type { Judged } from './judged.ts';

/** The verdict, green or red where the output may be coloured. */
export const colouredVerdict = ({ verdict, broken }: Judged, { colour }: Io): string =>
  colour ? styleText(broken ? 'red' : 'green', verdict, { validateStream: false }) : verdict;
