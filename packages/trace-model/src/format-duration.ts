const SECOND = 1_000_000_000n;

/** Formats nanoseconds for people, in at most nine characters: `850 ns`, `12.3 µs`, `48.2 ms`, `1.72 s`, `3m 05s`, `2h 07m`, `12 d`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds < 1000n) return `${nanoseconds} ns`;
  if (nanoseconds < 999_500n) return `${threeDigits(Number(nanoseconds) / 1e3)} µs`;
  if (nanoseconds < 999_500_000n) return `${threeDigits(Number(nanoseconds) / 1e6)} ms`;
  if (nanoseconds < 60n * SECOND) return `${threeDigits(Number(nanoseconds) / 1e9)} s`;
  const seconds = nanoseconds / SECOND;
  if (seconds < 3600n) return two(seconds, 60n, 'm', 's');
  const days = seconds / 86_400n;
  return days < 2n ? two(seconds / 60n, 60n, 'h', 'm') : days < 1_000_000n ? `${days} d` : '∞';
}

const threeDigits = (value: number): string => value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
const two = (small: bigint, base: bigint, bigUnit: string, smallUnit: string): string =>
  `${small / base}${bigUnit} ${String(small % base).padStart(2, '0')}${smallUnit}`;
