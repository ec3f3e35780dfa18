import { Agent, request, type Dispatcher } from 'undici';
import { traceRequests, type TracedRequest } from './trace-requests.ts';

export { hasTraceparent } from './one-traceparent.ts';
export { traceRequests, type TracedRequest } from './trace-requests.ts';

if (typeof Agent.prototype.compose !== 'function') {
  throw new Error('@waymark/tracing/undici needs undici 6.20 or newer: the installed undici cannot compose interceptors');
}

const REQUEST_MS = 10_000;

/** All requests share these connections. A process calls few origins: a thousand would be a mistake. */
const http = new Agent({ connections: 64, maxOrigins: 1_000 }).compose(traceRequests());

export interface RequestOptions extends TracedRequest {
  method?: Dispatcher.HttpMethod;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Timeout in milliseconds, until the response's body has been read. The default is 10,000. */
  timeoutMs?: number;
}

/**
 * Sends one request in a CLIENT span. Resolves with the status, headers and body; an error status does not reject. Always read the body
 * (`await body.json()`, `.text()` or `.dump()`): only then does the span end and the connection become free.
 * @throws {DOMException} `TimeoutError` after the timeout. Connection errors are undici's own.
 */
export async function tracedRequest(
  url: string | URL,
  { timeoutMs = REQUEST_MS, ...options }: RequestOptions = {},
): Promise<Dispatcher.ResponseData> {
  return request(url, { ...options, signal: AbortSignal.timeout(timeoutMs), dispatcher: http });
}
