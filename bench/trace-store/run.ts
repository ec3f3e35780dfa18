import { jaegerIsAvailable } from '@waymark/trace-store/testing';
import type { Backend } from './backend.ts';
import { startJaeger, startTraceStore } from './backend.ts';
import { format, median, print } from '../figures.ts';
import { batches } from './batches.ts';
import { usageOf } from '../process-usage.ts';
import { sendAll } from './send.ts';

const SPANS = 200_000;
const WARM_UP = 40_000;
const BATCHES = [512, 4096];
const RUNS = 5;

type Figure = 'spans/s' | 'spans/CPU-s' | 'resident MB';
type Measured = Readonly<Record<Figure, number | undefined>>;

/** Sends the same spans to the trace store and to a real Jaeger, and prints the figures of both and their ratios. */
export async function traceStore(): Promise<void> {
  const backends: [string, () => Promise<Backend>][] = [['trace-store', startTraceStore]];
  if (jaegerIsAvailable(process.env)) backends.push(['Jaeger', startJaeger]);
  else print('There is no Jaeger to compare with. Set JAEGER_BINARY, or JAEGER_URL and JAEGER_OTLP_URL of a running Jaeger.');
  print(`${SPANS.toLocaleString('en')} spans as protobuf, after a warm-up of ${WARM_UP.toLocaleString('en')}; medians of ${RUNS} runs`);
  for (const size of BATCHES) await compare(size, backends);
}

async function compare(size: number, backends: readonly [string, () => Promise<Backend>][]): Promise<void> {
  const [warmUp, bodies] = [batches(WARM_UP, size), batches(SPANS, size)];
  const runs = backends.map((): Measured[] => []);
  // In turns, so that other load on the machine affects both.
  for (let run = 0; run < RUNS; run++)
    for (const [index, [, start]] of backends.entries()) runs[index]?.push(await measure(start, warmUp, bodies));
  print(`\nbatches of ${size}`.padEnd(22) + (['spans/s', 'spans/CPU-s', 'resident MB'] as const).map((name) => name.padStart(14)).join(''));
  const medians = runs.map(medianOf);
  for (const [index, [name]] of backends.entries()) print(row(name, medians[index]));
  const [ours, theirs] = medians;
  if (ours !== undefined && theirs !== undefined) print(row('ratio', ratio(ours, theirs), 2));
}

async function measure(start: () => Promise<Backend>, warmUp: readonly Buffer[], bodies: readonly Buffer[]): Promise<Measured> {
  const backend = await start();
  await sendAll(backend.otlpUrl, warmUp);
  const before = await usageOf(backend.pid);
  const from = performance.now();
  await sendAll(backend.otlpUrl, bodies);
  const seconds = (performance.now() - from) / 1000;
  const after = await usageOf(backend.pid);
  await backend.stop();
  const cpu = before && after && after.cpuSeconds - before.cpuSeconds;
  return { 'spans/s': SPANS / seconds, 'spans/CPU-s': cpu && SPANS / cpu, 'resident MB': after?.residentMb };
}

const each = (of: (figure: Figure) => number | undefined): Measured => ({
  'spans/s': of('spans/s'),
  'spans/CPU-s': of('spans/CPU-s'),
  'resident MB': of('resident MB'),
});

const medianOf = (runs: readonly Measured[]): Measured => each((figure) => median(runs.map((run) => run[figure])));

const ratio = (ours: Measured, theirs: Measured): Measured => each((figure) => (ours[figure] ?? NaN) / (theirs[figure] ?? NaN));

const row = (name: string, measured: Measured | undefined, digits = 0): string =>
  name.padEnd(21) +
  Object.values(measured ?? {})
    .map((value: number | undefined) => format(value, digits).padStart(14))
    .join('');
