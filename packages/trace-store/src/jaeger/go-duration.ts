import { BadQuery } from './bad-query.ts';
import { quote } from './go-number.ts';

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Go's `time.ParseDuration`, such as `1.5s` or `1h10m`, in nanoseconds. Throws `BadQuery` with Go's message. */
export function parseDuration(text: string): bigint {
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') return 0n;
  const invalid = new BadQuery(`time: invalid duration ${quote(text)}`);
  if (unsigned === '') throw invalid;
  let sum = 0n;
  for (let rest = unsigned; rest !== '';) {
    const [part, whole = '', fraction = '', unit = ''] = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest) ?? [''];
    if (whole === '' && fraction === '') throw invalid;
    if (unit === '') throw new BadQuery(`time: missing unit in duration ${quote(text)}`);
    const scale = UNITS.get(unit);
    if (scale === undefined) throw new BadQuery(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    sum += BigInt(whole || '0') * scale + (fraction === '' ? 0n : (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length));
    if (sum > MAX) throw invalid;
    rest = rest.slice(part.length);
  }
  return text.startsWith('-') ? -sum : sum;
}

const MAX = (1n << 63n) - 1n;

/** A duration as Go prints it: `3ms`, `1m0.5s`, `489944h26m40.1s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < 1_000_000_000n) {
    const [unit, scale] =
      value < 1_000n ? (['ns', 1n] as const) : value < 1_000_000n ? (['µs', 1_000n] as const) : (['ms', 1_000_000n] as const);
    return sign + decimal(value, scale) + unit;
  }
  const minutes = value / 60_000_000_000n;
  const seconds = `${decimal(value % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, scale: bigint): string {
  const fraction = (value % scale)
    .toString()
    .padStart(scale.toString().length - 1, '0')
    .replace(/0+$/, '');
  return fraction === '' || scale === 1n ? `${value / scale}` : `${value / scale}.${fraction}`;
}
