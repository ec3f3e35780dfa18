/** A span that a row links to. Its start is in nanoseconds since 1970. */
export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
  readonly start: bigint;
}

/** The requests to one operation of a service. Durations are in nanoseconds. */
export interface MonitoredOperation {
  readonly service: string;
  readonly name: string;
  readonly requests: number;
  readonly errors: number;
  readonly p50: bigint;
  readonly p95: bigint;
  readonly p99: bigint;
  readonly slowest: SpanPlace & { readonly duration: bigint };
  readonly lastFailed: SpanPlace | undefined;
}

export interface Monitor {
  /** The time in which the requests began, in nanoseconds. */
  readonly window: bigint;
  /** By service and name, so that a row keeps its place. */
  readonly operations: readonly MonitoredOperation[];
  /** How many operations with fewer requests were left out. */
  readonly others: number;
}

interface PlaceJson {
  readonly traceId: string;
  readonly spanId: string;
  readonly startTimeUnixNano: string;
}

interface OperationJson {
  readonly serviceName: string;
  readonly operationName: string;
  readonly requestCount: number;
  readonly errorCount: number;
  readonly p50DurationNano: number;
  readonly p95DurationNano: number;
  readonly p99DurationNano: number;
  readonly slowest: PlaceJson & { readonly durationNano: number };
  readonly lastFailed?: PlaceJson;
}

interface MonitorJson {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly operations: readonly OperationJson[];
  readonly otherOperations: number;
}

/** Reads the answer to `/api/monitor`. */
export function readMonitor(answer: unknown): Monitor {
  const { startTimeUnixNano, endTimeUnixNano, operations, otherOperations } = answer as MonitorJson;
  return {
    window: BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano),
    operations: operations.map(readOperation).toSorted((a, b) => compare(a.service, b.service) || compare(a.name, b.name)),
    others: otherOperations,
  };
}

const readOperation = (json: OperationJson): MonitoredOperation => ({
  service: json.serviceName,
  name: json.operationName,
  requests: json.requestCount,
  errors: json.errorCount,
  p50: BigInt(json.p50DurationNano),
  p95: BigInt(json.p95DurationNano),
  p99: BigInt(json.p99DurationNano),
  slowest: { ...readPlace(json.slowest), duration: BigInt(json.slowest.durationNano) },
  lastFailed: json.lastFailed && readPlace(json.lastFailed),
});

const readPlace = ({ traceId, spanId, startTimeUnixNano }: PlaceJson): SpanPlace => ({ traceId, spanId, start: BigInt(startTimeUnixNano) });

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
