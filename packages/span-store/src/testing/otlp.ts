/** The moment at which the spans of tests start, in nanoseconds: within the hour for which the recorded answers were asked. */
export const TIME = 1_763_800_000_000_000_000n;

export const attribute = (key: string, value: object): { key: string; value: object } => ({ key, value });

interface SpanFields {
  readonly name: string;
  readonly kind?: number;
  readonly parent?: number;
  /** Start and end in nanoseconds after `TIME`. */
  readonly from?: bigint;
  readonly to?: bigint;
  readonly status?: object;
  readonly attributes?: readonly object[];
  readonly events?: readonly object[];
  readonly links?: readonly object[];
}

/** A span as OTLP/JSON; its ids are small numbers, for reading. */
export function span(traceId: string, id: number, { parent, from = 0n, to = 10_000_000n + BigInt(id), ...fields }: SpanFields): object {
  return {
    traceId,
    spanId: spanId(id),
    ...(parent !== undefined && { parentSpanId: spanId(parent) }),
    startTimeUnixNano: String(TIME + from),
    endTimeUnixNano: String(TIME + (to > from ? to : from + 1_000n)),
    ...fields,
  };
}

const spanId = (id: number): string => id.toString(16).padStart(16, '0');

/** An OTLP/JSON request with spans of one resource and scope. */
export const request = (resource: readonly object[], spans: readonly object[]): object => ({
  resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope: { name: 'test', version: '1' }, spans }] }],
});
