import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';

/** The number of traces per request. */
const BATCH = 20;

const TRACE_ID = /"traceId":"([0-9a-f]{32})"/;
/** Attributes of the manifest name spans, too. */
const SPAN_ID = /"(spanId|parentSpanId|stringValue)":"([0-9a-f]{16})"/g;
const TIME = /"(startTimeUnixNano|endTimeUnixNano|timeUnixNano)":"(\d+)"/g;

/**
 * Fills a trace backend with copies of one of its traces. Each copy has its own ids and ends now.
 * @param jaeger the base URL of Jaeger's query API v3, to read the trace
 * @param otlp the backend's OTLP/HTTP endpoint
 */
export async function sendCopies(traceId: string, count: number, { jaeger, otlp }: { jaeger: string; otlp: string }): Promise<void> {
  const { result } = (await (await fetch(`${jaeger}/api/v3/traces/${traceId}`)).json()) as { result: { resourceSpans: unknown[] } };
  const copy = copier(result.resourceSpans);
  let left = count;
  const send = async (): Promise<void> => {
    while (left > 0) {
      const batch = Array.from({ length: Math.min(BATCH, left) }, copy);
      left -= batch.length;
      const response = await fetch(`${otlp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"resourceSpans":[${batch.join(',')}]}`,
      });
      if (!response.ok) throw new Error(`${otlp} answered ${response.status}: ${await response.text()}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, send));
}

/** Returns a function that creates the spans of one copy of a trace, as the text of JSON list elements. */
export function copier(resourceSpans: unknown[]): () => string {
  const text = JSON.stringify(resourceSpans).slice(1, -1);
  const traceId = TRACE_ID.exec(text)?.[1] ?? '';
  const last = [...text.matchAll(TIME)].map(([, , time]) => BigInt(time ?? 0)).reduce((a, b) => (a > b ? a : b), 0n);
  return () => {
    const spanIds = new Map<string, string>();
    const own = (id: string): string => {
      const known = spanIds.get(id) ?? randomBytes(8).toString('hex');
      spanIds.set(id, known);
      return known;
    };
    const shift = BigInt(Date.now()) * 1_000_000n - last;
    return text
      .replaceAll(traceId, randomBytes(16).toString('hex'))
      .replaceAll(SPAN_ID, (_, key: string, id: string) => `"${key}":"${own(id)}"`)
      .replaceAll(TIME, (_, key: string, time: string) => `"${key}":"${BigInt(time) + shift}"`);
  };
}
