import { stripVTControlCharacters, styleText } from 'node:util';
import { waterfall, type Trace } from '@waymark/trace-model';
import type { Judgement } from './judge.ts';
import type { Lab, Side } from './lab.ts';
import type { Run } from './run.ts';

/** From this width on, both sides are shown side by side. */
const WIDE = 150;
const GAP = '  │  ';

export interface Screen {
  columns: number;
  colour: boolean;
}

/** Lists the labs, one line each. */
export function list(labs: readonly { number: number; lab: Lab }[]): string {
  const width = Math.max(...labs.map(({ lab }) => lab.title.length));
  return labs.map(({ number, lab }) => `  ${String(number).padStart(2)}  ${lab.title.padEnd(width)}  ${lab.fails}`).join('\n');
}

/** Puts both sides of a lab side by side if the terminal is wide enough. */
export function both(broken: string[], fixed: string[], { columns }: Screen): string {
  if (columns < WIDE) return [...broken, '', ...fixed].join('\n');
  const width = half(columns);
  const rows = Array.from({ length: Math.max(broken.length, fixed.length) }, (_, at) => {
    const left = broken[at] ?? '';
    return `${left}${' '.repeat(Math.max(0, width - stripVTControlCharacters(left).length))}${GAP}${fixed[at] ?? ''}`.trimEnd();
  });
  return rows.join('\n');
}

/** Shows a side: its traces as waterfalls, their verdicts and the faults. */
export function sideLines(side: Side, run: Run, { faults, verdicts }: Judgement, screen: Screen): string[] {
  const width = screen.columns < WIDE ? screen.columns : half(screen.columns);
  const paint = (style: 'bold' | 'red' | 'green', text: string): string =>
    screen.colour ? styleText(style, text, { validateStream: false }) : text;
  const traces = run.traces.flatMap((trace, at) => [
    ...waterfall(trace, { width, colour: screen.colour }).split('\n'),
    ...linked(trace),
    ...wrapped(verdicts[at] ?? '', width),
    '',
  ]);
  const told = faults.flatMap(({ code, message }) => wrapped(`${code}: ${message}`, width));
  const verdict = told.length > 0 ? told.map((line) => paint('red', line)) : [paint('green', 'Nothing is lost.')];
  return [paint('bold', `${side}.ts`), '', ...traces, ...verdict];
}

/** Shows the links to other traces, which a waterfall does not show. */
const linked = ({ traceId, spans }: Trace): string[] =>
  spans.flatMap(({ name, links }) =>
    links.filter((link) => link.traceId !== traceId).map((link) => `${name} has a link to a span of trace ${link.traceId}`),
  );

const half = (columns: number): number => Math.floor((columns - GAP.length) / 2);

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
