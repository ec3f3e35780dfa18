import { median, spread, type Spread } from '../figures.ts';
import type { Case, Measured } from './measure.ts';
import type { Variant } from './task.ts';

/** All measurements of a variant in a case. */
export interface Result {
  readonly variant: Variant;
  readonly of: Case;
  readonly rounds: Measured[];
}

type Figure = (measured: Measured) => number;

export const throughput: Figure = ({ operationsPerSecond }) => operationsPerSecond;
export const cpu: Figure = ({ cpuPerOperation }) => cpuPerOperation;
export const p50: Figure = (measured) => measured.p50;
export const p99: Figure = (measured) => measured.p99;

export const medianOf = ({ rounds }: Result, figure: Figure): number => median(rounds.map(figure)) ?? NaN;

/** `realistic, ids, 19:1`: the load, and its ratio of reads to writes. */
export const mixOf = ({ of }: Result): string => `${of.load.name}, ${of.every - 1}:1`;

/** Returns the baseline of a result: the first variant in the same case. */
export function baselineOf(result: Result, among: readonly Result[]): Result {
  const first = among.find((other) => mixOf(other) === mixOf(result) && other.of.concurrency === result.of.concurrency);
  if (!first) throw new Error(`"${result.variant.name}" has no baseline`);
  return first;
}

/** Returns the ratio of a figure to the baseline in the same round, for each round. */
export function ratios(result: Result, among: readonly Result[], figure: Figure): Spread {
  const { rounds } = baselineOf(result, among);
  return spread(result.rounds.map((measured, round) => figure(measured) / figure(rounds[round] ?? measured)));
}

/** Returns the share of reads that saw another task's value. */
export function foreignShare({ rounds }: Result): number {
  const sum = (of: 'all' | 'foreign'): number => rounds.reduce((total, { reads }) => total + reads[of], 0);
  return sum('foreign') / sum('all');
}
