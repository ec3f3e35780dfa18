import type { IncomingMessage, RequestListener } from 'node:http';
import { startServerSpan, type TracedOptions } from './server-span.ts';

export { traceHttpClients } from './http-clients.ts';
export type { TracedOptions } from './server-span.ts';

/**
 * A request listener with a SERVER span for each request, and `x-trace-id` and `traceresponse` on every answer: `createServer(traced(listener))`.
 * To name the route, the listener calls `annotate({ 'http.route': '/orders/{id}' })`.
 */
export function traced(listener: RequestListener, options: TracedOptions<IncomingMessage> = {}): RequestListener {
  return (req, res) => startServerSpan({ ...options, req, res, request: req }).handle(() => listener(req, res));
}
