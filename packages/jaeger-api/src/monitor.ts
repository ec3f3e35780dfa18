import { inTurns, serverSpansOf, traceIdOf } from '@waymark/span-store';
import type { ServerSpan, TraceStore } from '@waymark/span-store';
import { BadQuery, DURATION, valueOf } from './parameters.ts';
import { ok, type Answer } from './answer.ts';

const MILLISECOND = 1_000_000n;
/** Clocks of other hosts may differ by this much. */
const SKEW_MS = 60_000;
/** The operations in an answer at most. */
const MOST = 200;

interface Operation {
  readonly service: string;
  readonly name: string;
  /** In nanoseconds. */
  readonly durations: number[];
  errors: number;
  slowest: Found;
  /** The failed request that began last. */
  failed: Found | undefined;
}

interface Found {
  readonly traceId: string;
  readonly span: ServerSpan;
}

/**
 * `GET /api/monitor?lookback=5m`, not in Jaeger: rate, errors and durations of the requests that began in the last five minutes, for each operation,
 * from its SERVER spans. If the store does not reach back so far, `startTimeUnixNano` says since when it knows all requests.
 */
export async function getMonitor(store: TraceStore, params: URLSearchParams): Promise<Answer> {
  const lookback = valueOf('lookback', params.get('lookback') || '5m', DURATION);
  if (lookback <= 0n) throw new BadQuery('lookback should be longer than 0');
  return ok(await inTurns(monitor(store, lookback, BigInt(Date.now()) * MILLISECOND)));
}

/** It may pause where it yields. */
function* monitor(store: TraceStore, lookback: bigint, now: bigint): Generator<undefined, object> {
  const { evictedUntil } = store;
  const asked = now - lookback;
  const from = latest(asked, BigInt(evictedUntil ?? 0) * MILLISECOND);
  const services = new Map<string, Map<string, Operation>>();
  let earliest = BigInt(store.started) * MILLISECOND;
  for (const chunk of store.arrivedSince(Number(from / MILLISECOND) - SKEW_MS)) {
    yield;
    const { service } = chunk.resource;
    const operations = services.get(service) ?? new Map<string, Operation>();
    services.set(service, operations);
    for (const span of serverSpansOf(chunk)) {
      yield;
      if (span.start < from || span.start > now + BigInt(SKEW_MS) * MILLISECOND) continue;
      if (span.start < earliest) earliest = span.start;
      count(operations, service, { traceId: chunk.trace.key, span });
    }
  }
  const busiest = [...services.values()]
    .flatMap((operations) => [...operations.values()])
    .sort((a, b) => b.durations.length - a.durations.length);
  const answered: object[] = [];
  for (const operation of busiest.slice(0, MOST)) {
    answered.push(summarize(operation));
    yield;
  }
  return {
    startTimeUnixNano: String(evictedUntil === undefined ? latest(asked, earliest) : from),
    endTimeUnixNano: String(now),
    operations: answered,
    otherOperations: Math.max(0, busiest.length - MOST),
  };
}

const latest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function count(operations: Map<string, Operation>, service: string, found: Found): void {
  const { span } = found;
  let operation = operations.get(span.name);
  if (operation === undefined)
    operations.set(span.name, (operation = { service, name: span.name, durations: [], errors: 0, slowest: found, failed: undefined }));
  const took = duration(span);
  operation.durations.push(took);
  if (took > duration(operation.slowest.span)) operation.slowest = found;
  if (!span.failed) return;
  operation.errors++;
  if (operation.failed === undefined || span.start > operation.failed.span.start) operation.failed = found;
}

/** In nanoseconds. A span that ends before it starts took no time. */
const duration = ({ start, end }: ServerSpan): number => Math.max(0, Number(end - start));

function summarize({ service, name, durations, errors, slowest, failed }: Operation): object {
  const sorted = Float64Array.from(durations).sort();
  // Nearest rank, as in the lists of traces.
  const percentile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return {
    serviceName: service,
    operationName: name,
    requestCount: sorted.length,
    errorCount: errors,
    p50DurationNano: percentile(0.5),
    p95DurationNano: percentile(0.95),
    p99DurationNano: percentile(0.99),
    slowest: { ...placeOf(slowest), durationNano: duration(slowest.span) },
    ...(failed && { lastFailed: placeOf(failed) }),
  };
}

const placeOf = ({ traceId, span }: Found): object => ({
  traceId: traceIdOf(traceId),
  spanId: span.spanId,
  startTimeUnixNano: String(span.start),
});
