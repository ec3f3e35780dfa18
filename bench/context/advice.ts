import { format, formatSpread } from '../figures.ts';
import { baselineOf, cpu, foreignShare, medianOf, mixOf, ratios, throughput, type Result } from './result.ts';
import type { Variant } from './task.ts';

/** The share of the unprotected operations per second that the immutable copy should keep. */
const GOAL = 0.9;

interface Measurements {
  /** The results for one number of tasks. */
  readonly results: readonly Result[];
  readonly copied: Variant;
  /** The second run of the baseline. */
  readonly again: Variant;
}

/** Returns the conclusions from the figures as text. */
export function advice({ results, copied, again }: Measurements): string {
  const right = ranked(results);
  const wrong = results.filter((result) => foreignShare(result) > 0).map(({ variant }) => variant.name);
  return [
    ...results.filter(({ variant }) => variant === copied).map((result) => `- ${kept(result, results, again)}`),
    `- Correct, with the lowest share that they keep: ${right.map(({ variant, least }) => `${variant.name} ${format(least, 2)}`).join('; ')}.`,
    `- Wrong, because a task reads another task's value: ${[...new Set(wrong)].join('; ') || 'none'}.`,
    `- ${recommendation(right, copied)}`,
  ].join('\n');
}

function kept(result: Result, results: readonly Result[], again: Variant): string {
  const ratio = ratios(result, results, throughput);
  const noise = results.find((other) => other.variant === again && mixOf(other) === mixOf(result));
  const work = medianOf(baselineOf(result, results), cpu);
  const more = medianOf(result, cpu) - work;
  return (
    `${mixOf(result)}: ${result.variant.name} keeps ${formatSpread(ratio)} of the unprotected operations per second. The goal of ` +
    `${format(GOAL, 2)} is ${ratio.median >= GOAL ? 'met' : 'missed'}. Unprotected compared with itself: ${noise ? formatSpread(ratios(noise, results, throughput)) : '-'}. ` +
    costs(more, work)
  );
}

/** Says how much more an operation costs, and how much work it would need to keep the goal. */
function costs(more: number, work: number): string {
  if (more <= 0) return 'An operation takes no more CPU.';
  const enough = format((more * GOAL) / (1 - GOAL), 1);
  return `An operation takes ${format(more, 2)} µs more CPU. If its work took ${enough} µs, the ratio would be ${format(GOAL, 2)}; here the work takes ${format(work, 1)} µs.`;
}

interface Ranked {
  readonly variant: Variant;
  /** The lowest ratio to the baseline in all mixes of reads and writes. */
  readonly least: number;
}

/** Returns the variants in which no task read another task's value, the cheapest first. */
function ranked(results: readonly Result[]): Ranked[] {
  const variants = [...new Set(results.map(({ variant }) => variant))];
  return variants
    .map((variant) => ({ variant, of: results.filter((result) => result.variant === variant) }))
    .filter(({ of }) => of.every((result) => foreignShare(result) === 0))
    .map(({ variant, of }) => ({ variant, least: Math.min(...of.map((result) => ratios(result, results, throughput).median)) }))
    .toSorted((a, b) => b.least - a.least);
}

function recommendation(right: readonly Ranked[], copied: Variant): string {
  const ours = right.find(({ variant }) => variant === copied);
  const best = right[0];
  if (!ours || !best) return `Do not use ${copied.name}: it is not correct here.`;
  if (best === ours || ours.least >= GOAL) return `Use ${copied.name}: no correct variant is faster by more than the goal allows.`;
  return (
    `Use ${copied.name} for values that are read more often than written. If each step writes, ${best.variant.name} keeps ${format(best.least, 2)} ` +
    `instead of ${format(ours.least, 2)}, but the parts of a task must not run at once: they see each other's changes.`
  );
}
