import { startTracing } from '@waymark/tracing';
import { format, formatRatio, formatSpread, print, progress, progressEnded, table } from '../figures.ts';
import { machine } from '../machine.ts';
import { advice } from './advice.ts';
import { allocatedPerOperation, measure } from './measure.ts';
import { cpu, foreignShare, medianOf, mixOf, p50, p99, ratios, throughput, type Result } from './result.ts';
import { IDS_ONLY, REALISTIC_IDS, REALISTIC_RECORDS, RECORDS_ONLY, type Load, type Variant, type WriteEvery } from './task.ts';
import { immutableCopy, mutexPerOperation, mutexPerTask, snapshot, storage, unprotected } from './variants.ts';

const COPIED = immutableCopy('RequestContext, copied');
/** The baseline again: it shows how much of a difference is noise. */
const AGAIN = unprotected('unprotected, again');
const VARIANTS: readonly Variant[] = [
  unprotected('unprotected'),
  COPIED,
  storage('AsyncLocalStorage, mutable'),
  snapshot('AsyncLocalStorage, snapshots'),
  mutexPerOperation('mutex per operation'),
  mutexPerTask('mutex per task'),
  AGAIN,
];
const REALISTIC: readonly Load[] = [REALISTIC_IDS, REALISTIC_RECORDS];

interface Plan {
  readonly rounds: number;
  readonly loads: readonly Load[];
  readonly writes: readonly WriteEvery[];
  /** The numbers of tasks that run at once. The summary uses the last one. */
  readonly tasks: readonly number[];
}

const WHOLE: Plan = { rounds: 5, loads: [...REALISTIC, IDS_ONLY, RECORDS_ONLY], writes: [20, 2], tasks: [1, 10, 100, 1_000] };
/** Without a thousand tasks that wait for each other. */
const QUICK: Plan = { rounds: 1, loads: [REALISTIC_IDS], writes: [20], tasks: [1, 100] };
/** A slower measurement, such as a thousand tasks that wait for each other, is not repeated. */
const SLOW_SECONDS = 2;

/**
 * Compares ways to keep a value for each of many concurrent tasks: what they cost, and whether they are correct.
 * @param quick one round of one load with at most 100 tasks, for a first look
 */
export async function context(quick: boolean): Promise<void> {
  // Started as in a service, but without spans.
  process.env['OTEL_TRACES_EXPORTER'] = 'none';
  startTracing();
  const plan = quick ? QUICK : WHOLE;
  print(
    `${machine()}\nMedians of ${plan.rounds} rounds in turns, with the lowest and the highest in brackets. Ratios are to "unprotected" in the same round.`,
  );
  const all: Result[] = [];
  for (const load of plan.loads) {
    for (const every of plan.writes) {
      const results = await measureAll(plan, load, every, REALISTIC.includes(load) ? 250 : 100);
      print(`\n## ${load.name}, ${every - 1}:1\n\n${load.what}; ${every - 1} reads per write\n\n${await tableOf(results, load, every)}`);
      all.push(...results);
    }
  }
  const tasks = plan.tasks.at(-1) ?? 1;
  const most = all.filter(({ of }) => of.concurrency === tasks);
  print(`\n## ${format(tasks)} tasks: operations per second, as ratios\n\n${summary(most)}\n`);
  print(advice({ results: most.filter(({ of }) => REALISTIC.includes(of.load)), copied: COPIED, again: AGAIN }));
}

async function measureAll({ rounds, tasks }: Plan, load: Load, every: WriteEvery, ms: number): Promise<Result[]> {
  const results = tasks.map((concurrency) =>
    VARIANTS.map((variant): Result => ({ variant, of: { load, every, concurrency }, rounds: [] })),
  );
  for (let round = 0; round < rounds; round++) {
    for (const of of results) {
      // Alternating order, so that other load on the machine affects each variant.
      for (const result of round % 2 === 0 ? of : of.toReversed()) {
        progress(`${mixOf(result)}, round ${round + 1}: ${result.of.concurrency} × ${result.variant.name}`);
        if ((result.rounds[0]?.seconds ?? 0) > SLOW_SECONDS) continue;
        result.rounds.push(await measure(result.variant, result.of, ms));
      }
    }
  }
  progressEnded();
  return results.flat();
}

async function tableOf(results: readonly Result[], load: Load, every: WriteEvery): Promise<string> {
  const bytes = new Map<Variant, number | undefined>();
  for (const variant of VARIANTS) bytes.set(variant, await allocatedPerOperation(variant, load, every));
  const rows = results.map((result) => [
    result.variant.name,
    format(result.of.concurrency),
    format(medianOf(result, throughput)),
    formatSpread(ratios(result, results, throughput)),
    format(medianOf(result, cpu), 2),
    formatSpread(ratios(result, results, cpu)),
    format(medianOf(result, p50), 2),
    format(medianOf(result, p99), 2),
    format(bytes.get(result.variant)),
    `${format(100 * foreignShare(result), 1)} %`,
  ]);
  return table(
    ['', 'tasks', 'operations/s', 'ratio', 'CPU µs/operation', 'ratio', 'p50 ms', 'p99 ms', 'bytes/operation', "another's read"],
    rows,
  );
}

function summary(results: readonly Result[]): string {
  const rows = VARIANTS.map((variant) => [
    variant.name,
    ...results.filter((result) => result.variant === variant).map((result) => formatRatio(ratios(result, results, throughput).median)),
  ]);
  return table(['', ...new Set(results.map(mixOf))], rows);
}
