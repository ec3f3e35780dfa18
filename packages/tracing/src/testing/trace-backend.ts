import { json } from 'node:stream/consumers';
import { serve } from './http-server.ts';

/** A span as OTLP/JSON or Zipkin have it, as far as these tests look. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}

interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { scope: { name: string }; spans: ReceivedSpan[] }[];
  }[];
}

/** What a backend was sent. */
export interface Received {
  paths: Set<string>;
  spans: ReceivedSpan[];
  scopes: Set<string>;
  resource: Record<string, string | undefined>;
}

/** A trace backend that takes OTLP as JSON on /v1/traces and Zipkin on any other path. While `refusing`, it answers 400. */
export async function traceBackend(): Promise<Awaited<ReturnType<typeof serve>> & { received: Received; refusing: boolean }> {
  const received: Received = { paths: new Set(), spans: [], scopes: new Set(), resource: {} };
  const server = await serve(async (request, response) => {
    const body = (await json(request)) as OtlpRequest | ReceivedSpan[];
    received.paths.add(request.url ?? '');
    if (!backend.refusing) keep(received, body);
    response.writeHead(backend.refusing ? 400 : 200, { 'content-type': 'application/json' }).end('{}');
  });
  const backend = Object.assign(server, { received, refusing: false });
  return backend;
}

function keep(received: Received, body: OtlpRequest | ReceivedSpan[]): void {
  if (Array.isArray(body)) return void received.spans.push(...body);
  for (const { resource, scopeSpans } of body.resourceSpans) {
    received.resource = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
    for (const { scope, spans } of scopeSpans) {
      received.scopes.add(scope.name);
      received.spans.push(...spans);
    }
  }
}
