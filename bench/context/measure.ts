import { GCProfiler, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Bench } from 'tinybench';
import { median } from '../figures.ts';
import { OPERATIONS, runTask, type Load, type Reads, type Variant, type WriteEvery } from './task.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What the tasks do, and how many run at once. */
export interface Case {
  readonly load: Load;
  readonly every: WriteEvery;
  readonly concurrency: number;
}

/** The measurements of one variant in one round. */
export interface Measured {
  readonly operationsPerSecond: number;
  /** Microseconds of all threads, including garbage collection. */
  readonly cpuPerOperation: number;
  /** Milliseconds from the start of a task to its end. */
  readonly p50: number;
  readonly p99: number;
  readonly reads: Reads;
  readonly seconds: number;
}

const WARM_UP_MS = 50;
/** Few, because with a mutex a task waits for all tasks before it. */
const WARM_UP_TASKS = 100;

/** Runs `concurrency` tasks at once for `ms` milliseconds, starts one when another ends, and waits for the last ones. */
export async function measure(variant: Variant, { load, every, concurrency }: Case, ms: number): Promise<Measured> {
  let reads: Reads = { all: 0, foreign: 0 };
  let from = 0;
  let cpuFrom = process.cpuUsage();
  let seconds = 0;
  let cpu = 0;
  collect();
  const bench = new Bench({
    concurrency: 'task',
    threshold: concurrency,
    time: ms,
    iterations: 0,
    warmupTime: WARM_UP_MS,
    warmupIterations: WARM_UP_TASKS,
    throws: true,
    setup() {
      reads = { all: 0, foreign: 0 };
      cpuFrom = process.cpuUsage();
      from = performance.now();
    },
    teardown() {
      seconds = (performance.now() - from) / 1000;
      const { user, system } = process.cpuUsage(cpuFrom);
      cpu = user + system;
    },
  });
  bench.add(variant.name, () => runTask(variant, load, every, reads), { async: true });
  const [task] = await bench.run();
  if (task?.result.state !== 'completed') throw new Error(`"${variant.name}" was not measured: ${task?.result.state}`);
  const { p50, p99 } = task.result.latency;
  const operations = task.runs * OPERATIONS;
  return { operationsPerSecond: operations / seconds, cpuPerOperation: cpu / operations, p50, p99, reads, seconds };
}

const TASKS = 50;
const AT_ONCE = 10;
const TIMES = 7;

/**
 * Measures the bytes allocated per operation, including the load: the growth of the used heap over 50 tasks after a garbage collection, as the
 * median of the runs without another collection. Undefined if there was no such run.
 */
export async function allocatedPerOperation(variant: Variant, load: Load, every: WriteEvery): Promise<number | undefined> {
  const bytes: (number | undefined)[] = [];
  for (let time = 0; time < TIMES; time++) {
    collect();
    const profiler = new GCProfiler();
    profiler.start();
    const before = process.memoryUsage().heapUsed;
    await runTasks(variant, load, every);
    const grown = process.memoryUsage().heapUsed - before;
    if (profiler.stop()?.statistics.length === 0) bytes.push(grown / (TASKS * OPERATIONS));
  }
  return median(bytes);
}

async function runTasks(variant: Variant, load: Load, every: WriteEvery): Promise<void> {
  const reads: Reads = { all: 0, foreign: 0 };
  let left = TASKS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await runTask(variant, load, every, reads);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
