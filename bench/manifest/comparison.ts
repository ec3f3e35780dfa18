import { format, formatSpread, median, spread, table, type Spread } from '../figures.ts';
import type { Arm, Each } from './arms.ts';

/** The measurements of each arm in one round: figures by name. */
export type Round = Each<Readonly<Record<string, number>>>;

const valuesOf = (rounds: readonly Round[], arm: Arm, figure: string): number[] => rounds.map((round) => round[arm][figure] ?? NaN);

export const medianOf = (rounds: readonly Round[], arm: Arm, figure: string): number => median(valuesOf(rounds, arm, figure)) ?? NaN;

/** Returns how much larger a figure is with the manifest than in the control of the same round. */
export function difference(rounds: readonly Round[], figure: string): number {
  const control = valuesOf(rounds, 'control', figure);
  return median(valuesOf(rounds, 'manifest', figure).map((value, round) => value - (control[round] ?? NaN))) ?? NaN;
}

/** Returns the ratio of each round to the control of the same round. */
function ratio(rounds: readonly Round[], arm: Arm, figure: string): Spread {
  const control = valuesOf(rounds, 'control', figure);
  return spread(valuesOf(rounds, arm, figure).map((value, round) => value / (control[round] ?? NaN)));
}

/** Returns a table with a row per figure: medians, and ratios to the control. */
export function comparison(rounds: readonly Round[]): string {
  const figures = Object.keys(rounds[0]?.control ?? {});
  const rows = figures.map((figure) => [
    figure,
    ...(['control', 'manifest'] as const).map((arm) => {
      const value = medianOf(rounds, arm, figure);
      return format(value, value < 100 ? 2 : 0);
    }),
    formatSpread(ratio(rounds, 'manifest', figure)),
    formatSpread(ratio(rounds, 'control again', figure)),
  ]);
  return table(['', 'without', 'with the manifest', 'with / without', 'without / without'], rows);
}

/** Returns the conclusion for one figure: how much the manifest changes it, and whether the change is larger than the noise. */
export function conclusion(rounds: readonly Round[], figure: string): string {
  const [changed, noise] = [ratio(rounds, 'manifest', figure), ratio(rounds, 'control again', figure)];
  const most = Math.max(Math.abs(noise.low - 1), Math.abs(noise.high - 1));
  const verdict = Math.abs(changed.median - 1) <= most ? 'within the noise' : 'more than the noise';
  return `${figure}: ${percent(changed.median)} (${percent(changed.low)} to ${percent(changed.high)}) with the manifest, ${verdict} (control to control ±${format(100 * most, 1)} %).`;
}

const percent = (ratio: number): string => `${ratio < 1 ? '−' : '+'}${format(Math.abs(100 * (ratio - 1)), 1)} %`;
