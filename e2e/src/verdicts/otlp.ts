/** A span as a tracer without an SDK would write it. Times in milliseconds since 1970. */
export interface HomemadeSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: 'SERVER' | 'INTERNAL' | 'PRODUCER' | 'CONSUMER';
  startMs: number;
  /** Left out: it has not ended. */
  endMs?: number;
  attributes?: Readonly<Record<string, string | number>>;
}

/** Spans of one service as an OTLP/JSON request. */
export function otlp(service: string, spans: readonly HomemadeSpan[]): string {
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

/** A new span id. */
export const spanId = (): string => crypto.getRandomValues(Buffer.alloc(8)).toString('hex');
