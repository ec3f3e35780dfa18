/** A span made without an SDK. Times are in milliseconds since 1970. */
export interface HandmadeSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: 'SERVER' | 'INTERNAL' | 'PRODUCER' | 'CONSUMER';
  startMs: number;
  /** Missing if the span has not ended. */
  endMs?: number;
  attributes?: Readonly<Record<string, string | number>>;
}

/** Encodes the spans of one service as an OTLP/JSON request. */
export function otlp(service: string, spans: readonly HandmadeSpan[]): string {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
  const written = spans.map(({ kind, startMs, endMs, attributes = {}, ...rest }) => ({
    ...rest,
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
    })),
    kind: `SPAN_KIND_${kind}`,
    startTimeUnixNano: nanoseconds(startMs),
    ...(endMs !== undefined && { endTimeUnixNano: nanoseconds(endMs) }),
  }));
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: written }] }] });
}

const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);

/** Makes a new span id. */
export const spanId = (): string => crypto.getRandomValues(Buffer.alloc(8)).toString('hex');
