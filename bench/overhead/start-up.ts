import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from '../figures.ts';
import type { Variant } from './variants.ts';

const REPORT = `process.stdout.write(JSON.stringify({ ms: performance.now(), residentMb: process.memoryUsage.rss() / 1e6 }))`;

/** What a process needs before the first line of its program. */
export interface StartUp {
  readonly ms: number;
  readonly residentMb: number;
}

/** Starts empty programs with each variant in turns, and returns their medians by variant. */
export async function startUps(variants: readonly Variant[], times: number): Promise<Map<Variant, StartUp>> {
  const measured = new Map(variants.map((variant) => [variant, [] as StartUp[]]));
  for (let turn = 0; turn < times; turn++) for (const variant of variants) measured.get(variant)?.push(await startUp(variant));
  const of = (all: readonly StartUp[], figure: keyof StartUp): number => median(all.map((one) => one[figure])) ?? NaN;
  return new Map([...measured].map(([variant, all]) => [variant, { ms: of(all, 'ms'), residentMb: of(all, 'residentMb') }]));
}

async function startUp({ preloaded, env }: Variant): Promise<StartUp> {
  const args = preloaded.flatMap((module) => ['--import', module]);
  const options = { cwd: import.meta.dirname, env: { ...process.env, OTEL_TRACES_EXPORTER: 'none', ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--input-type=module', '-e', REPORT], options);
  return JSON.parse(stdout) as StartUp;
}
