import { json } from 'node:stream/consumers';
import { serve } from './http-server.ts';
import { zipkinRefusal, type ZipkinSpan } from './zipkin-format.ts';

/** A span as OTLP/JSON has it, as far as these tests look. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  flags?: number;
  startTimeUnixNano: string;
  status?: { code?: number; message?: string };
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { scope: { name: string; version?: string }; spans: ReceivedSpan[] }[];
  }[];
}

/** What a backend was sent. */
export interface Received {
  paths: Set<string>;
  spans: ReceivedSpan[];
  zipkin: ZipkinSpan[];
  /** Names of instrumentation scopes, with their version. */
  scopes: Set<string>;
  resource: Record<string, string | undefined>;
}

/**
 * A trace backend that takes OTLP as JSON on /v1/traces, and Zipkin on any other path, where it refuses what a real server would.
 * While `refusing`, it answers everything with 400.
 */
export async function traceBackend(): Promise<Awaited<ReturnType<typeof serve>> & { received: Received; refusing: boolean }> {
  const received: Received = { paths: new Set(), spans: [], zipkin: [], scopes: new Set(), resource: {} };
  const server = await serve(async (request, response) => {
    const body = await json(request);
    const refusal = backend.refusing ? 'refusing' : request.url === '/v1/traces' ? undefined : zipkinRefusal(body);
    received.paths.add(request.url ?? '');
    if (refusal) return response.writeHead(400).end(refusal);
    if (request.url !== '/v1/traces') {
      received.zipkin.push(...(body as ZipkinSpan[]));
      return response.writeHead(202).end();
    }
    keep(received, body as OtlpRequest);
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const backend = Object.assign(server, { received, refusing: false });
  return backend;
}

function keep(received: Received, { resourceSpans }: OtlpRequest): void {
  for (const { resource, scopeSpans } of resourceSpans) {
    received.resource = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
    for (const { scope, spans } of scopeSpans) {
      received.scopes.add(`${scope.name} ${scope.version}`);
      received.spans.push(...spans);
    }
  }
}

/** An attribute of a span that was sent as OTLP. */
export function attribute(span: ReceivedSpan | undefined, name: string): unknown {
  const value = span?.attributes.find(({ key }) => key === name)?.value;
  return value && Object.values(value)[0];
}
