// `pnpm collector` sends traces through two Collectors that sample them, and checks that each is kept or dropped as a whole.
import { parseArgs } from 'node:util';
import { printTable, readArguments, say, runIfPossible, wholeNumber, type TableRow } from '../command-line.ts';
import { keepInBadger } from './badger.ts';
import { JAEGER_FILES, validate, validateCollectors } from './collectors.ts';
import { takeExamples, type Example } from './examples.ts';
import { sample, type Report } from './sample.ts';

const HELP = `Usage: pnpm collector [--traces <number>]

Checks the configurations in deploy/collector with the programs that read them. Then starts two Collectors, which share the
traces by trace id and sample them, and sends copies of real traces of a shop to them: in pieces, and each piece to either.
At the end it prints which were kept. It needs the Collector (deploy/collector/README.md): OTELCOL is its path. JAEGER_BINARY
is the path of a Jaeger 2, which checks its own configurations, and keeps 1,000 traces with Badger over a restart; without it
both are left out.

  --traces <number>  how many traces (default: 10000)
  -h, --help         shows this help

Exit code: 0 if all that must be 0 is 0, 1 if not, 2 for an invalid command.
`;

function read(): { traces: number } | 'help' {
  const { values } = parseArgs({ options: { traces: { type: 'string', default: '10000' }, help: { type: 'boolean', short: 'h' } } });
  return values.help ? 'help' : { traces: wholeNumber('--traces', values.traces, 1_000_000) };
}

const IN_BADGER = 1_000;

/** Checks Jaeger's configurations, and that it keeps what it was sent. */
async function tryJaeger(examples: readonly Example[]): Promise<TableRow[]> {
  const jaeger = process.env['JAEGER_BINARY'];
  if (!jaeger) {
    say('Jaeger was not tried: JAEGER_BINARY is not set');
    return [];
  }
  await Promise.all(JAEGER_FILES.map((files) => validate(jaeger, files)));
  say("Jaeger's configurations are valid");
  const { sent, wrong } = await keepInBadger(jaeger, examples, IN_BADGER);
  return [[`in Badger, after a restart: traces that lack spans, or with a wrong verdict (of ${sent})`, wrong, true]];
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
    await validateCollectors();
    say("the Collector's configurations are valid");
    const examples = await takeExamples();
    say(`took ${examples.length} examples from a shop`);
    const jaeger = await tryJaeger(examples);
    if (!printTable([...rows(await sample({ ...wish, examples, say })), ...jaeger])) process.exitCode = 1;
  });
