/** Median, 95th percentile (nearest rank) and maximum of durations, in nanoseconds. */
export interface Spread {
  readonly p50: bigint;
  readonly p95: bigint;
  readonly max: bigint;
}

/** The spread of these durations; zeros if there are none. */
export function spread(durations: readonly bigint[]): Spread {
  const sorted = durations.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const rank = (share: number): bigint => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0n;
  return { p50: rank(0.5), p95: rank(0.95), max: rank(1) };
}
