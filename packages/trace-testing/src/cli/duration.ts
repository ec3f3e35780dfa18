import { Misuse } from './misuse.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `500ms`, `5s`, `10m`, `1h`, `2d` as milliseconds. Throws `Misuse` on anything else. */
export function durationMs(text: string, option: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (number === undefined || factor === undefined)
    throw new Misuse(`--${option} takes a duration such as 500ms, 5s, 10m or 1h, not "${text}".`);
  return Number(number) * factor;
}
