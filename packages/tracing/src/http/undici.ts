import { Agent, request, type Dispatcher } from 'undici';
import { traceRequests, type TracedRequest } from './trace-requests.ts';

export { hasTraceparent } from './one-traceparent.ts';
export { traceRequests, type TracedRequest } from './trace-requests.ts';

if (typeof Agent.prototype.compose !== 'function') {
  throw new Error('@waymark/tracing/undici needs undici 6.20 or newer, 7 or 8: the installed undici cannot compose interceptors');
}

const REQUEST_MS = 10_000;

/** All requests share these connections; the processes they go to are few, and a thousand of them a mistake. */
const http = new Agent({ connections: 64, maxOrigins: 1_000 }).compose(traceRequests());

export interface RequestOptions extends TracedRequest {
  method?: Dispatcher.HttpMethod;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** How long the request may take until its answer's body has been read, in milliseconds; 10 s by default. */
  timeoutMs?: number;
}

/**
 * One request in a CLIENT span, to any server: resolves with its status, headers and body, whatever the status. Read the body
 * (`await body.json()`, `.text()` or `.dump()`): the span ends and the connection is free when it has been read.
 * @throws {DOMException} `TimeoutError` when the time is over, and what undici throws for a connection that breaks
 */
export async function tracedRequest(
  url: string | URL,
  { timeoutMs = REQUEST_MS, ...options }: RequestOptions = {},
): Promise<Dispatcher.ResponseData> {
  return request(url, { ...options, signal: AbortSignal.timeout(timeoutMs), dispatcher: http });
}
