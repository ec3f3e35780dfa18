import { selfTimes } from './self-time.ts';
import { spread } from './spread.ts';
import type { Spread } from './spread.ts';
import { duration } from './trace.ts';
import type { Span, Trace } from './trace.ts';

/** What one service contributed. Times in nanoseconds. */
export interface ServiceRow extends Spread {
  readonly service: string;
  readonly spans: number;
  /** The time its spans spent themselves, not in a child. */
  readonly selfTime: bigint;
  /** Spans whose status is ERROR. */
  readonly errors: number;
}

/** One row for each service in the traces, the one that spent the most time itself first. */
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
