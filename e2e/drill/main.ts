// `pnpm drill auth-fail` breaks the shop and follows the alert to its trace, as somebody on call does.
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startMonitoring } from '@waymark/monitoring/start';
import { startTraceStore } from '@waymark/trace-store';
import { readArguments, say } from '../command-line.ts';
import { startOwnShop } from '../src/own-shop/own-shop.ts';
import { query } from '../src/shop/query.ts';
import { startExportProxy } from '../src/verdicts/export-proxy.ts';
import { drills, type Patient } from './drills.ts';
import { runDrill, type Step } from './run-drill.ts';

const names = Object.keys(drills);

const HELP = `Usage: pnpm drill <name>... | all

Starts a shop with its own Prometheus and Alertmanager, which must be installed, and breaks it. Waits for the alert and its
notification, follows the link to a trace that shows the failure, repairs the shop, and waits until it is over. Prints when
each happened. A drill takes 3 to 12 minutes, because it uses the real rules.

${names.map((name) => `  ${name.padEnd(22)} ${drills[name]?.title}`).join('\n')}

Exit code: 0 if every drill went as it should, 1 if not, 2 for an invalid command.
`;

function read(): string[] | 'help' {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help || positionals.length === 0) return 'help';
  const unknown = positionals.find((name) => name !== 'all' && !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no drill "${unknown}".`);
  return positionals.includes('all') ? names : positionals;
}

const print = ({ seconds, what }: Step): void => void process.stdout.write(`${seconds.toFixed(1).padStart(8)} s  ${what}\n`);

async function run(chosen: readonly string[]): Promise<void> {
  await using undo = new AsyncDisposableStack();
  say('starting the shop');
  const { patient, targets } = await start(undo);
  for (const name of chosen) {
    const drill = drills[name]!;
    process.stdout.write(`\n${name}: ${drill.title}\n`);
    // Each drill has its own, because the alerts on the error budget last for hours.
    await using monitoring = await startMonitoring({ targets, traceUi: patient.own.tracesUrl });
    await runDrill(drill, patient, monitoring, print).catch((error: unknown) => {
      process.exitCode = 1;
      process.stdout.write(`      ✗    ${(error as Error).message}\n`);
    });
  }
}

async function start(undo: AsyncDisposableStack): Promise<{ patient: Patient; targets: Record<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'waymark-drill-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const faultsFile = join(folder, 'faults.flagd.json');
  await copyFile(join(import.meta.dirname, '../../deploy/faults.flagd.json'), faultsFile);
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0 });
  undo.defer(() => store.close());
  const exports = undo.use(await startExportProxy(store.otlpUrl));
  const secret = randomBytes(32).toString('hex');
  const all = {
    OTEL_METRICS_EXPORTER: 'prometheus',
    OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl,
    FAULTS_FILE: faultsFile,
    INTERNAL_SECRET: secret,
  };
  const own = undo.use(await startOwnShop({ all, inventory: { OTEL_EXPORTER_OTLP_ENDPOINT: exports.url } }, { store }));
  await query(own.shop.databases.inventory, 'update products set available = 1000000');
  const targets = Object.fromEntries(Object.entries(own.shop.metrics!).map(([name, url]) => [name, new URL(url).host]));
  return { patient: { own, faultsFile, exports, secret }, targets };
}

const wish = readArguments(HELP, read);
if (wish) await run(wish);
