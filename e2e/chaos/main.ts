// `pnpm chaos` breaks the shop at random places under load, and prints what became of the orders and their traces.
import { parseArgs } from 'node:util';
import { stopSignals } from '@waymark/local-stack';
import { printTable, type TableRow, readArguments, say, runIfPossible, wholeNumber } from '../command-line.ts';
import { areBalanced } from '../attack/books.ts';
import { chaos, type Report } from './chaos.ts';

const HELP = `Usage: pnpm chaos [--rounds <number>] [--replicas <number>]

Starts a shop, places orders like customers who repeat a failed request with the same key, and breaks the shop
meanwhile. In each round every process is killed (kill -9) in turn: the four services, Postgres and the trace store. Then
one of the processes is stopped for 20 s (SIGSTOP), a different one each round. Then the disk of Postgres is filled
(only on Linux as root), or the network between order and inventory is cut: these two take turns. Every fault waits
until the shop works again. At the end it prints a table. It needs no Docker. Twenty rounds take about half an hour.

  --rounds <number>    how many rounds (default: 20)
  --replicas <number>  how many of each service run, behind HAProxy (default: 1, without HAProxy); the faults hit
                       one after the other
  -h, --help           shows this help

Ctrl-C ends it early and still prints the table. Exit code: 0 if all that must be 0 is 0, 1 if not or if it was ended
early, 2 for an invalid command.
`;

interface Arguments {
  rounds: number;
  replicas: number;
}

function read(): Arguments | 'help' {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      replicas: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  return { rounds: wholeNumber('--rounds', values.rounds, 9_999), replicas: wholeNumber('--replicas', values.replicas, 9) };
}

const rows = ({ books, ...report }: Report): TableRow[] => [
  ['orders acknowledged', books.acknowledged, false],
  ['orders lost', books.lost, true],
  ['orders made twice', books.doubled, true],
  ['pieces oversold', report.oversold, true],
  ['pieces miscounted', books.miscounted, true],
  ['charged twice', report.chargedTwice, true],
  ['charged without goods', books.chargedWithoutGoods, true],
  ['goods without charge', books.goodsWithoutCharge, true],
  ['orders still pending', books.unsettled, true],
  ['stuck reservations', report.stuckReservations, true],
  ['requests failed because the trace backend was down', report.failedForTracing, true],
  ['traces settled', report.settled, false],
  ['traces truthfully reported as cut', report.cut, false],
  ['traces called complete that are not', report.wrong.length, true],
];

async function run({ rounds, replicas }: Arguments): Promise<void> {
  using stop = stopSignals();
  const report = await chaos({ rounds, replicas, signal: stop.asked, say });
  const table = rows(report);
  const isZero = printTable(table);
  process.stdout.write(
    `\n${report.requests} requests: ${report.statuses}\n${report.wrong
      .slice(0, 10)
      .map((line) => `${line}\n`)
      .join('')}`,
  );
  const isFine = areBalanced(report.books) && isZero;
  if (!isFine || stop.asked.aborted) process.exitCode = 1;
}

const wish = readArguments(HELP, read);
if (wish) await runIfPossible(() => run(wish));
