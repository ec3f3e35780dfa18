/** A trace in a list. Times are in nanoseconds since 1970. */
export interface Summary {
  readonly traceId: string;
  /** Empty if the trace has no root. */
  readonly rootService: string;
  readonly rootName: string;
  readonly start: bigint;
  readonly end: bigint;
  readonly spans: number;
  readonly errors: number;
  readonly orphans: number;
  readonly services: readonly { readonly name: string; readonly spans: number; readonly errors: number }[];
}

interface ServiceJson {
  readonly name?: string;
  readonly spanCount?: number;
  readonly errorSpanCount?: number;
}

interface SummaryJson {
  readonly traceId?: string;
  readonly rootServiceName?: string;
  readonly rootOperationName?: string;
  readonly minStartTimeUnixNano?: string;
  readonly maxEndTimeUnixNano?: string;
  readonly spanCount?: number;
  readonly errorSpanCount?: number;
  readonly orphanSpanCount?: number;
  readonly services?: readonly ServiceJson[];
}

/** Reads Jaeger's answer to `/api/v3/trace-summaries`, newest first. Protobuf's JSON may leave out fields that are zero or empty. */
export function readSummaries(answer: unknown): readonly Summary[] {
  const { summaries = [] } = (answer ?? {}) as { summaries?: readonly SummaryJson[] };
  return summaries.map(readSummary).toSorted((a, b) => (a.start < b.start ? 1 : a.start > b.start ? -1 : 0));
}

const readSummary = (json: SummaryJson): Summary => ({
  traceId: json.traceId ?? '',
  rootService: json.rootServiceName ?? '',
  rootName: json.rootOperationName ?? '',
  start: BigInt(json.minStartTimeUnixNano ?? 0),
  end: BigInt(json.maxEndTimeUnixNano ?? 0),
  spans: json.spanCount ?? 0,
  errors: json.errorSpanCount ?? 0,
  orphans: json.orphanSpanCount ?? 0,
  services: (json.services ?? []).map(({ name = '', spanCount = 0, errorSpanCount = 0 }) => ({
    name,
    spans: spanCount,
    errors: errorSpanCount,
  })),
});
