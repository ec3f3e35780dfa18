import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { encode, encodeJson } from '../otlp/encode.ts';
import type { Message } from '../otlp/schema.ts';
import { ExportRequest, ExportResponse, RpcStatus } from '../otlp/schema.ts';
import { Malformed } from '../otlp/malformed.ts';
import type { ScanLimits } from '../otlp/scan-request.ts';
import { scanRequest, TooManySpans } from '../otlp/scan-request.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { HttpError } from './http-error.ts';
import type { Intake } from './intake.ts';
import { withBody } from './read-body.ts';

export interface OtlpLimits extends ScanLimits {
  readonly maxBodyBytes: number;
}

type Format = 'application/x-protobuf' | 'application/json';

/** An OTLP/HTTP receiver for traces that stores what it receives (OTLP specification 1.x, "OTLP/HTTP"). */
export function otlpServer(store: TraceStore, limits: OtlpLimits, intake: Intake): Server {
  return createServer((request, response) => void answer(store, limits, intake, request, response));
}

async function answer(
  store: TraceStore,
  limits: OtlpLimits,
  intake: Intake,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const format = formatOf(request) ?? 'application/json';
  try {
    const path = (request.url ?? '').replace(/\?.*$/, '');
    const signal = SIGNALS.get(path);
    if (signal === undefined) throw new HttpError(404, `there is no ${path}; send traces to /v1/traces`);
    if (request.method !== 'POST') throw new HttpError(405, `${path} takes POST only`);
    if (formatOf(request) === undefined) throw new HttpError(415, 'content-type should be application/x-protobuf or application/json');
    const use = (body: Buffer): object => (signal === 'traces' ? take(store, limits, intake, body, format) : {});
    send(response, 200, format, ExportResponse, await withBody(request, limits.maxBodyBytes, intake, use));
  } catch (error) {
    fail(intake, request, response, format, error);
  }
}

/** Metrics and logs are accepted and dropped: an SDK with its defaults sends them too, and would report an error every minute. */
const SIGNALS: ReadonlyMap<string, 'traces' | 'dropped'> = new Map([
  ['/v1/traces', 'traces'],
  ['/v1/metrics', 'dropped'],
  ['/v1/logs', 'dropped'],
]);

function take(store: TraceStore, limits: OtlpLimits, intake: Intake, body: Buffer, format: Format): object {
  const { bytes, dropped } = format === 'application/json' ? encodeJson(ExportRequest, body) : { bytes: body, dropped: [] };
  const request = scanRequest(bytes, limits);
  const late = store.add(request);
  const reasons = [...request.rejected, ...(late > 0 ? [['of a trace that was already evicted', late] as const] : [])];
  const rejected = reasons.reduce((sum, [, count]) => sum + count, 0);
  intake.took(request.spans, rejected);
  const remarks = [
    rejected > 0 && `rejected: ${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')}`,
    dropped.length > 0 && `attributes left out: ${dropped.length}, because ${dropped[0]}`,
    request.truncated > 0 && `attributes cut to ${limits.maxAttributeBytes} bytes: ${request.truncated}`,
  ].filter((remark) => remark !== false);
  return remarks.length === 0 ? {} : { partialSuccess: partialSuccess(rejected, remarks) };
}

/** Remarks on a request that was taken in whole come without a number of rejected spans (OTLP specification, "Partial Success"). */
const partialSuccess = (rejected: number, remarks: readonly string[]): object => ({
  ...(rejected > 0 && { rejectedSpans: String(rejected) }),
  errorMessage: remarks.join('; '),
});

function formatOf(request: IncomingMessage): Format | undefined {
  const type = request.headers['content-type']?.replace(/;.*$/s, '').trim().toLowerCase();
  return type === 'application/x-protobuf' || type === 'application/json' ? type : undefined;
}

function fail(intake: Intake, request: IncomingMessage, response: ServerResponse, format: Format, error: unknown): void {
  const status = error instanceof HttpError ? error.status : error instanceof Malformed ? 400 : error instanceof TooManySpans ? 413 : 500;
  // Whoever goes away in the middle of a body hears no answer.
  if (request.destroyed && !request.complete) return;
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
