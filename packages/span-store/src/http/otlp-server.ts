import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { encode, encodeJson } from '../otlp/encode.ts';
import type { Message } from '../otlp/schema.ts';
import { ExportRequest, ExportResponse, RpcStatus } from '../otlp/schema.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { HttpError, statusOf } from './http-error.ts';
import { withBody } from './read-body.ts';
import { takeSpans, type Receiver } from './take-spans.ts';

type Format = 'application/x-protobuf' | 'application/json';

/**
 * How long a request may take to arrive, in milliseconds. Until then it holds memory that others could use. Idle connections are kept for longer
 * than exporters wait between batches, so that none is closed while they send.
 */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 60_000 };

/**
 * Receives traces over OTLP/HTTP and stores them (OTLP specification 1.x, "OTLP/HTTP"). Pages of these `origins` may send from a browser; `*` is
 * any origin.
 */
export function otlpServer(receiver: Receiver, origins: readonly string[]): Server {
  return createServer(PATIENCE, (request, response) => {
    allowOrigin(origins, request, response);
    if (request.method === 'OPTIONS' && request.headers.origin !== undefined) answerPreflight(origins, request, response);
    else void answer(receiver, request, response);
  });
}

async function answer(receiver: Receiver, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const format = formatOf(request) ?? 'application/json';
  try {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    const signal = SIGNALS.get(path);
    if (signal === undefined) throw new HttpError(404, `there is no ${path}; send traces to /v1/traces`);
    if (request.method !== 'POST') throw new HttpError(405, `${path} takes POST only`);
    if (formatOf(request) === undefined) throw new HttpError(415, 'content-type should be application/x-protobuf or application/json');
    const use = (body: Buffer): object => (signal === 'traces' ? take(receiver, body, format) : {});
    send(response, 200, format, ExportResponse, await withBody(request, receiver.limits.maxBodyBytes, receiver.intake.bodies, use));
  } catch (error) {
    fail(receiver, request, response, format, error);
  }
}

/** Metrics and logs are accepted and dropped: an SDK with its defaults sends them too, and would report an error every minute. */
const SIGNALS: ReadonlyMap<string, 'traces' | 'dropped'> = new Map([
  ['/v1/traces', 'traces'],
  ['/v1/metrics', 'dropped'],
  ['/v1/logs', 'dropped'],
]);

function take(receiver: Receiver, body: Buffer, format: Format): object {
  if (format !== 'application/json') return takeSpans(receiver, body);
  const { bytes, dropped } = encodeJson(ExportRequest, body);
  return takeSpans(receiver, bytes, dropped);
}

function formatOf(request: IncomingMessage): Format | undefined {
  const type = request.headers['content-type']?.replace(/;.*$/s, '').trim().toLowerCase();
  return type === 'application/x-protobuf' || type === 'application/json' ? type : undefined;
}

function fail({ intake }: Receiver, request: IncomingMessage, response: ServerResponse, format: Format, error: unknown): void {
  // A client that disconnects in the middle of a body gets no answer.
  if (request.destroyed && !request.complete) return;
  const status = statusOf(error);
  intake.refused(status);
  if (!request.complete) response.setHeader('connection', 'close');
  if (status === 429) response.setHeader('retry-after', '1');
  if (status === 405) response.setHeader('allow', 'POST');
  send(response, status, format, RpcStatus, { code: GRPC_CODES[status] ?? 13, message: (error as Error).message });
}

/** `google.rpc.Code`: INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED, RESOURCE_EXHAUSTED; INTERNAL for anything else. */
const GRPC_CODES: Readonly<Record<number, number>> = { 400: 3, 404: 5, 405: 12, 413: 8, 415: 3, 429: 8 };

function send(response: ServerResponse, status: number, format: Format, message: Message, body: object): void {
  const bytes = format === 'application/json' ? Buffer.from(JSON.stringify(body)) : encode(message, body);
  response.writeHead(status, { 'content-type': format, 'content-length': bytes.length }).end(bytes);
}
