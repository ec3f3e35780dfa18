// `pnpm lab` lists the labs. `pnpm lab <number>` runs both sides of a lab and shows their traces.
import { basename, join, relative } from 'node:path';
import { openBackend } from './backend.ts';
import { judge } from './judge.ts';
import type { Lab, Side } from './lab.ts';
import { labFolders, labIn } from './labs.ts';
import { runSide, type Backend } from './run-side.ts';
import { both, list, sideLines, type Screen } from './screen.ts';

const HELP = `Usage: pnpm lab [<number or name>…]

Without arguments, lists the labs. Each lab is a way to lose a trace.
With arguments, runs the broken and the fixed side of each lab and shows their traces and faults.
While the local stack runs (pnpm start), its UI shows the traces too. Set TRACES_URL and
OTEL_EXPORTER_OTLP_ENDPOINT to use another Jaeger or compatible backend.`;

interface Found {
  number: number;
  folder: string;
  lab: Lab;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const progress = (text: string): boolean => process.stderr.isTTY && process.stderr.write(`\r\u001B[K${text}`);

async function show({ number, folder, lab }: Found, backend: Backend & { lasts: boolean }, screen: Screen): Promise<void> {
  print(`\n${number}. ${lab.title}\n`);
  const lines = async (side: Side): Promise<{ lines: string[]; ids: string[] }> => {
    const run = await runSide(lab, folder, side, backend);
    return { lines: sideLines(side, run, judge(lab, run), screen), ids: run.traces.map(({ traceId }) => traceId) };
  };
  progress('running broken.ts and fixed.ts ...');
  const [broken, fixed] = await Promise.all([lines('broken'), lines('fixed')]);
  progress('');
  print(both(broken.lines, fixed.lines, screen));
  print(`\nExplanation: ${relative(process.cwd(), join(folder, 'README.md'))}`);
  if (backend.lasts) for (const id of [...broken.ids, ...fixed.ids]) print(`${backend.url}/trace/${id}`);
}

async function main(args: string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    print(HELP);
    return 0;
  }
  const labs: Found[] = await Promise.all(
    labFolders.map(async (folder) => ({ number: Number.parseInt(basename(folder), 10), folder, lab: await labIn(folder) })),
  );
  if (args.length === 0) {
    print(`${list(labs)}\n\npnpm lab 1 runs both sides of the first.`);
    return 0;
  }
  const chosen = args.map((arg) => labs.find(({ number, folder }) => arg === basename(folder).slice(3) || Number(arg) === number));
  const unknown = args.find((_, at) => !chosen[at]);
  if (unknown !== undefined) {
    process.stderr.write(`There is no lab "${unknown}". Choose one of:\n${list(labs)}\n`);
    return 2;
  }
  const colour = process.stdout.isTTY && process.stdout.hasColors() && !process.env['NO_COLOR'];
  await using backend = await openBackend();
  for (const lab of chosen) if (lab) await show(lab, backend, { columns: process.stdout.columns ?? 100, colour });
  return 0;
}

// The reader of the output may stop early: `pnpm lab 1 | head`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.exitCode = 2;
});
process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${[error.message, (error.cause as Error | undefined)?.message].filter(Boolean).join(': ')}\n`);
  return 1;
});
