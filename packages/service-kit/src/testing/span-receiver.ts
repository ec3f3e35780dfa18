import { json } from 'node:stream/consumers';
import { afterAll, beforeAll } from '@jest/globals';
import { shutdownTracing, startTracing } from '@waymark/tracing';
import { serve, type Served } from './serve.ts';

/** The parts of an OTLP/JSON span that tests use. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: { stringValue?: string; intValue?: number | string } }[];
  links?: { traceId: string; spanId: string }[];
}

interface OtlpRequest {
  resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[] }[];
}

/** Starts a trace backend that keeps the spans it receives as OTLP/HTTP with JSON. A process with the variables `env` sends its spans there. */
export async function startSpanReceiver(
  spans: ReceivedSpan[] = [],
): Promise<Served & { spans: ReceivedSpan[]; env: Record<string, string> }> {
  const server = await serve(async (request, response) => {
    const { resourceSpans } = (await json(request)) as OtlpRequest;
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.setHeader('content-type', 'application/json').end('{}');
  });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: server.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '20' };
  return { ...server, spans, env };
}

/** Turns tracing on for a test file and collects the spans of this process. */
export function receivedSpans(): ReceivedSpan[] {
  const spans: ReceivedSpan[] = [];
  let receiver: Awaited<ReturnType<typeof startSpanReceiver>>;
  beforeAll(async () => {
    receiver = await startSpanReceiver(spans);
    Object.assign(process.env, receiver.env);
    startTracing();
  });
  afterAll(async () => {
    await shutdownTracing();
    await receiver[Symbol.asyncDispose]();
  });
  return spans;
}

/** Returns an attribute of a span as text. */
export function attribute(span: ReceivedSpan | undefined, name: string): string | undefined {
  const value = span?.attributes.find(({ key }) => key === name)?.value;
  return value && String(value.stringValue ?? value.intValue);
}

/** Returns the ids of the spans that a span links to. */
export function links(span: ReceivedSpan | undefined): string[] {
  return (span?.links ?? []).map(({ spanId }) => spanId);
}
