import { format, formatSpread } from '../figures.ts';
import { baselineOf, cpu, foreignShare, medianOf, mixOf, ratios, throughput, type Result } from './result.ts';
import type { Variant } from './task.ts';

/** What the immutable copy should keep of the operations per second of the unprotected baseline. */
const GOAL = 0.9;

interface Measurements {
  /** Of one number of tasks. */
  readonly results: readonly Result[];
  readonly copied: Variant;
  /** The baseline for a second time. */
  readonly again: Variant;
}

/** What follows from the figures, as text. */
export function advice({ results, copied, again }: Measurements): string {
  const right = ranked(results);
  const wrong = results.filter((result) => foreignShare(result) > 0).map(({ variant }) => variant.name);
  return [
    ...results.filter(({ variant }) => variant === copied).map((result) => `- ${kept(result, results, again)}`),
    `- Right, with the least that they keep: ${right.map(({ variant, least }) => `${variant.name} ${format(least, 2)}`).join('; ')}.`,
    `- Wrong, for a task reads what is another's: ${[...new Set(wrong)].join('; ') || 'none'}.`,
    `- ${recommendation(right, copied)}`,
  ].join('\n');
}

function kept(result: Result, results: readonly Result[], again: Variant): string {
  const ratio = ratios(result, results, throughput);
  const noise = results.find((other) => other.variant === again && mixOf(other) === mixOf(result));
  const work = medianOf(baselineOf(result, results), cpu);
  const more = medianOf(result, cpu) - work;
  return (
    `${mixOf(result)}: ${result.variant.name} keeps ${formatSpread(ratio)} of the unprotected operations per second: the goal of ` +
    `${format(GOAL, 2)} is ${ratio.median >= GOAL ? 'met' : 'missed'}. Unprotected against itself: ${noise ? formatSpread(ratios(noise, results, throughput)) : '-'}. ` +
    costs(more, work)
  );
}

/** What an operation costs more, and how much work it would have to do so that nobody minds. */
function costs(more: number, work: number): string {
  if (more <= 0) return 'Of CPU an operation takes no more.';
  const enough = format((more * GOAL) / (1 - GOAL), 1);
  return `An operation takes ${format(more, 2)} µs of CPU more, which leaves ${format(GOAL, 2)} where its work takes ${enough} µs; here it takes ${format(work, 1)}.`;
}

interface Ranked {
  readonly variant: Variant;
  /** The lowest ratio to the baseline, over the mixes of reads and writes. */
  readonly least: number;
}

/** The variants in which no task read another's value, those first that cost least. */
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
  if (!ours || !best) return `Do not use ${copied.name}: it is not right here.`;
  if (best === ours || ours.least >= GOAL) return `Use ${copied.name}: of what is right nothing is faster by more than the goal allows.`;
  return (
    `Use ${copied.name} for what is read more than it is written. Where each step writes, ${best.variant.name} keeps ${format(best.least, 2)} ` +
    `instead of ${format(ours.least, 2)}, and its parts must not run at once: they see each other's changes.`
  );
}
