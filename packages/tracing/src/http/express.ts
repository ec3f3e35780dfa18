import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { openApiPath } from './conventions.ts';
import { startServerSpan, type ServerSpan, type TracedOptions } from './server-span.ts';

export type { TracedOptions } from './server-span.ts';

const spans = new WeakMap<IncomingMessage, ServerSpan>();

/** Express 5 middleware: a SERVER span for each request, and `x-trace-id` and `traceresponse` on every response. Use it first. */
export function traced(options: TracedOptions<Request> = {}): RequestHandler {
  return (req, res, next) => {
    const { protocol: scheme, host, ip } = req;
    const known = { scheme, host, ...(ip && { clientAddress: ip }) };
    const span = startServerSpan(options, { req, res, request: req, known, route: watchRoute(req) });
    spans.set(req, span);
    span.handle(next);
  };
}

/**
 * Express error middleware: records the error on the SERVER span if the response is a 5xx. Use it after the routes, before your own error
 * handlers. Without it, the span of a 5xx still fails, but has only the status.
 */
export function tracedErrors(): ErrorRequestHandler {
  return (error, req, _res, next) => {
    spans.get(req)?.failed(error);
    next(error);
  };
}

/** Reads the route when Express sets it: after an error has left a router, Express no longer knows where that router is mounted. */
function watchRoute(req: Request): () => string | undefined {
  let route: { path: unknown } | undefined;
  let path: string | undefined;
  Object.defineProperty(req, 'route', {
    configurable: true,
    enumerable: true,
    get: () => route,
    set(matched: typeof route) {
      route = matched;
      path = typeof matched?.path === 'string' ? mountedAt(req) + openApiPath(matched.path.replaceAll(/[{}]/g, '')) : undefined;
    },
  });
  return () => (path && path.length > 1 ? path.replace(/\/$/, '') : path);
}

/** Express knows the mount path only with values (`/users/7`). This puts the parameters' names back. */
function mountedAt({ baseUrl, params }: Request): string {
  const names = new Map(Object.entries(params).map(([name, value]) => [String(value), `{${name}}`]));
  return baseUrl
    .split('/')
    .map((segment) => names.get(decoded(segment)) ?? segment)
    .join('/');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
