// `pnpm replicas` runs several of each service behind HAProxy, replaces each under load, and runs the suite against them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTraceStore, stopSignals } from '@waymark/local-stack';
import { NO_EDGE_LIMITS } from '../attack/shop.ts';
import { printTable, readArguments, say, runIfPossible, wholeNumber } from '../command-line.ts';
import { settings, settingsText } from '../src/shop/settings.ts';
import { rollingUpdate } from './rolling-update.ts';
import { startReplicas } from './start-replicas.ts';

const HELP = `Usage: pnpm replicas [--replicas <number>] [--rounds <number>] [--without-suite]

Starts several of each service at the same time on one new Postgres, behind HAProxy. Replaces one process after the other,
while orders come in. Then runs the suite of e2e/src against the balancer: all routes, errors and outcomes, with their
traces. At the end it prints a table. It needs HAProxy (apt-get install haproxy) and no Docker.

  --replicas <number>  how many of each service (default: 3)
  --rounds <number>    how often each process is replaced (default: 1)
  --without-suite      only the rolling update
  -h, --help           shows this help

Exit code: 0 if all that must be 0 is 0, 1 if not, 2 for an invalid command.
`;

const E2E = join(import.meta.dirname, '..');
const NAMES = ['gateway', 'auth', 'order', 'inventory'] as const;

interface Arguments {
  replicas: number;
  rounds: number;
  suite: boolean;
}

function read(): Arguments | 'help' {
  const { values } = parseArgs({
    options: {
      replicas: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '1' },
      'without-suite': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  return {
    replicas: wholeNumber('--replicas', values.replicas, 9),
    rounds: wholeNumber('--rounds', values.rounds, 99),
    suite: !values['without-suite'],
  };
}

/** Runs the tests that need nothing but a shop and its traces, as `pnpm test:compose` does. */
async function runSuite(env: NodeJS.ProcessEnv): Promise<{ passed: number; failed: number }> {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', join(E2E, '../node_modules/jest/bin/jest.js')];
  const report = join(env['SHOP_LOGS'] ?? '', 'report.json');
  const only = ['--testPathPatterns', String.raw`/src/[a-z-]+\.test\.ts$`];
  // Not spawnSync: this process must read the output of the services meanwhile.
  const child = spawn(process.execPath, [...jest, ...only, '--json', '--outputFile', report], {
    cwd: E2E,
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  await once(child, 'exit');
  const { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(await readFile(report, 'utf8')) as Report;
  return { passed, failed: numFailedTests + numRuntimeErrorTestSuites };
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  /** Files that could not be run. */
  numRuntimeErrorTestSuites: number;
}

async function run({ replicas, rounds, suite }: Arguments): Promise<boolean> {
  using stop = stopSignals();
  await using undo = new AsyncDisposableStack();
  const logs = await mkdtemp(join(tmpdir(), 'waymark-replicas-'));
  undo.defer(() => rm(logs, { recursive: true }));
  const files = new Map(NAMES.map((name) => [name, createWriteStream(join(logs, `${name}.log`), { flags: 'a' })]));
  const store = undo.use(await startTraceStore(say));
  const running = undo.use(
    await startReplicas(replicas, {
      env: {
        all: { OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl, OTEL_BSP_SCHEDULE_DELAY: '100' },
        order: settings,
        gateway: NO_EDGE_LIMITS,
      },
      onLine: (name, line) => void files.get(name)?.write(`${line}\n`),
    }),
  );
  say(`${replicas} of each service run behind ${running.shop.urls.gateway}`);
  const update = await rollingUpdate(running, { rounds, tracesUrl: store.url, signal: stop.asked, say });
  const tests =
    suite && !stop.asked.aborted
      ? await runSuite({
          ...process.env,
          GATEWAY_URL: running.shop.urls.gateway,
          TRACES_URL: store.url,
          TRACES_OTLP_URL: store.otlpUrl,
          SHOP_LOGS: logs,
          SHOP_HAS: settingsText,
        })
      : { passed: 0, failed: 0 };
  return (
    printTable([
      ['replicas of each service', replicas, false],
      ['processes replaced under load', update.replaced, false],
      ['requests meanwhile', update.requests, false],
      ['requests failed', update.failed, true],
      ['orders acknowledged', update.books.acknowledged, false],
      ['orders lost', update.books.lost, true],
      ['orders made twice', update.books.doubled, true],
      ['pieces miscounted', update.books.miscounted, true],
      ['charged without goods', update.books.chargedWithoutGoods, true],
      ['goods without charge', update.books.goodsWithoutCharge, true],
      ['orders still pending', update.books.unsettled, true],
      ['traces settled', update.settled, false],
      ['traces that lack spans', update.cut, true],
      ['traces called complete that are not', update.wrong.length, true],
      ['tests of the suite passed', tests.passed, false],
      ['tests of the suite failed', tests.failed, true],
    ]) && !stop.asked.aborted
  );
}

const wish = readArguments(HELP, read);
if (wish)
  await runIfPossible(async () => {
    if (!(await run(wish))) process.exitCode = 1;
  });
