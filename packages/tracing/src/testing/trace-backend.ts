import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { fields } from '../export/proto-reader.ts';
import { serve } from './http-server.ts';
import { zipkinRefusal, type ZipkinSpan } from './zipkin-format.ts';

/** The fields of an OTLP/JSON span that these tests use. */
export interface ReceivedSpan {
  name: string;
  kind?: number;
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

/** What a backend received. */
export interface Received {
  paths: Set<string>;
  spans: ReceivedSpan[];
  zipkin: ZipkinSpan[];
  /** Names of instrumentation scopes, with their version. */
  scopes: Set<string>;
  resource: Record<string, string | undefined>;
}

/** Handles a request instead of accepting its spans. */
export type Trouble = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A trace backend. It accepts OTLP as JSON or protobuf on /v1/traces, and Zipkin on any other path, where it rejects what a real server would
 * reject. While `trouble` is set, that handles requests instead.
 */
export async function traceBackend(
  port = 0,
): Promise<Awaited<ReturnType<typeof serve>> & { received: Received; requests: IncomingMessage[]; trouble: Trouble | undefined }> {
  const received: Received = { paths: new Set(), spans: [], zipkin: [], scopes: new Set(), resource: {} };
  const server = await serve(async (request, response) => {
    backend.requests.push(request);
    const sent = await buffer(request).catch(() => undefined);
    if (!sent) return;
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    received.paths.add(request.url ?? '');
    if (backend.trouble) return backend.trouble(request, response);
    if (request.headers['content-type'] === 'application/x-protobuf') {
      keepProtobuf(received, body);
      return response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    }
    const parsed: unknown = JSON.parse(body.toString());
    if (request.url !== '/v1/traces') {
      const refusal = zipkinRefusal(parsed);
      if (refusal) return response.writeHead(400).end(refusal);
      received.zipkin.push(...(parsed as ZipkinSpan[]));
      return response.writeHead(202).end();
    }
    keep(received, parsed as OtlpRequest);
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }, port);
  const backend = Object.assign(server, { received, requests: [] as IncomingMessage[], trouble: undefined as Trouble | undefined });
  return backend;
}

/** Returns the messages in these nested fields. */
function inside(message: Uint8Array, ...path: number[]): Uint8Array[] {
  const [first, ...rest] = path;
  if (first === undefined) return [message];
  return [...fields(message)].flatMap(([field, value]) => (field === first && typeof value !== 'number' ? inside(value, ...rest) : []));
}

const textIn = (message: Uint8Array, ...path: number[]): string => Buffer.concat(inside(message, ...path)).toString();
const hexIn = (message: Uint8Array, field: number): string => Buffer.concat(inside(message, field)).toString('hex');

/** Reads only names and ids from protobuf. The encoder's test covers the rest. */
function keepProtobuf(received: Received, body: Uint8Array): void {
  for (const resourceSpans of inside(body, 1)) {
    received.resource = Object.fromEntries(inside(resourceSpans, 1, 1).map((one) => [textIn(one, 1), textIn(one, 2, 1)]));
    for (const scopeSpans of inside(resourceSpans, 2)) {
      received.scopes.add(`${textIn(scopeSpans, 1, 1)} ${textIn(scopeSpans, 1, 2)}`);
      for (const span of inside(scopeSpans, 2)) {
        const flags = [...fields(span)].find(([field]) => field === 16)?.[1] as number;
        const ids = { traceId: hexIn(span, 1), spanId: hexIn(span, 2), parentSpanId: hexIn(span, 4) };
        received.spans.push({ ...ids, name: textIn(span, 5), flags, startTimeUnixNano: '', attributes: [] });
      }
    }
  }
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

/** Returns an attribute of an OTLP span. */
export function attribute(span: ReceivedSpan | undefined, name: string): unknown {
  const value = span?.attributes.find(({ key }) => key === name)?.value;
  return value && Object.values(value)[0];
}
