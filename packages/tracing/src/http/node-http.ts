import type { IncomingMessage, RequestListener } from 'node:http';
import { startServerSpan, type TracedOptions } from './server-span.ts';

export { traceHttpClients } from './http-clients.ts';
export type { TracedOptions } from './server-span.ts';

/**
 * Wraps a request listener: a SERVER span for each request, and `x-trace-id` and `traceresponse` on every response. Use it as
 * `createServer(traced(listener))`. To name the route, call `annotate({ 'http.route': '/orders/{id}' })` in the listener.
 */
export function traced(listener: RequestListener, options: TracedOptions<IncomingMessage> = {}): RequestListener {
  return (req, res) => startServerSpan(options, { req, res, request: req }).handle(() => listener(req, res));
}
