// `pnpm collector` sends traces through two Collectors that sample them, and checks that each is kept or dropped as a whole.
import { parseArgs } from 'node:util';
import { printTable, readArguments, say, runIfPossible, wholeNumber, type TableRow } from '../command-line.ts';
import { JAEGER_FILES, validate, validateCollectors } from './collectors.ts';
import { sample, type Report } from './sample.ts';

const HELP = `Usage: pnpm collector [--traces <number>]

Checks the configurations in deploy/collector with the programs that read them. Then starts two Collectors, which share the
traces by trace id and sample them, and sends copies of real traces of a shop to them: in pieces, and each piece to either.
At the end it prints which were kept. It needs the Collector (deploy/collector/README.md): OTELCOL is its path. JAEGER_BINARY
is the path of a Jaeger 2 that checks its own configurations; without it they are not checked.

  --traces <number>  how many traces (default: 10000)
  -h, --help         shows this help

Exit code: 0 if all that must be 0 is 0, 1 if not, 2 for an invalid command.
`;

function read(): { traces: number } | 'help' {
  const { values } = parseArgs({ options: { traces: { type: 'string', default: '10000' }, help: { type: 'boolean', short: 'h' } } });
  return values.help ? 'help' : { traces: wholeNumber('--traces', values.traces, 1_000_000) };
}

async function checkConfigurations(): Promise<void> {
  await validateCollectors();
  say("the Collector's configurations are valid");
  const jaeger = process.env['JAEGER_BINARY'];
  if (!jaeger) return say("Jaeger's configurations were not checked: JAEGER_BINARY is not set");
  await Promise.all(JAEGER_FILES.map((files) => validate(jaeger, files)));
  say("Jaeger's configurations are valid");
}

const rows = ({ spans, kinds, torn, misjudged }: Report): TableRow[] => [
  ['traces sent', sum(kinds, ({ sent }) => sent), false],
  ['spans sent', spans, false],
  ['traces kept', sum(kinds, ({ kept }) => kept), false],
  ['kept traces that lack spans', torn, true],
  ['kept traces with a wrong verdict', misjudged, true],
  ...kinds.flatMap(({ what, isWanted, sent, kept }): TableRow[] =>
    isWanted ? [[`dropped: ${what} (of ${sent})`, sent - kept, true]] : [[`kept: ${what} (of ${sent})`, kept, false]],
  ),
];

const sum = (kinds: Report['kinds'], count: (kind: Report['kinds'][number]) => number): number =>
  kinds.reduce((total, kind) => total + count(kind), 0);

const wish = readArguments(HELP, read);
if (wish)
  await runIfPossible(async () => {
    await checkConfigurations();
    if (!printTable(rows(await sample({ ...wish, say })))) process.exitCode = 1;
  });
