import { selfTimes } from './self-time.ts';
import { spread } from './spread.ts';
import type { Spread } from './spread.ts';
import { duration } from './trace.ts';
import type { Span, Trace } from './trace.ts';

/** The share of one service in the traces. Times are in nanoseconds. */
export interface ServiceRow extends Spread {
  readonly service: string;
  readonly spans: number;
  /** The sum of the self times of its spans. */
  readonly selfTime: bigint;
  /** Spans whose status is ERROR. */
  readonly errors: number;
}

/** One row per service, sorted by self time, longest first. */
export function servicesTable(traces: readonly Trace[]): readonly ServiceRow[] {
  const selfTime = new Map<Span, bigint>(traces.flatMap((trace) => [...selfTimes(trace)]));
  const byService = Map.groupBy(selfTime.keys(), (span) => span.service);
  const rows = [...byService].map(([service, spans]) => ({
    service,
    spans: spans.length,
    ...spread(spans.map(duration)),
    selfTime: spans.reduce((sum, span) => sum + (selfTime.get(span) ?? 0n), 0n),
    errors: spans.filter((span) => span.status.code === 'ERROR').length,
  }));
  return rows.sort((a, b) => Number(b.selfTime - a.selfTime));
}
