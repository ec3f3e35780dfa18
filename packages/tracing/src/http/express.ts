import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { openApiPath } from './conventions.ts';
import { startServerSpan, type ServerSpan, type TracedOptions } from './server-span.ts';

export type { TracedOptions } from './server-span.ts';

const spans = new WeakMap<IncomingMessage, ServerSpan>();

/** Express 5 middleware, to be used first: a SERVER span for each request, and `x-trace-id` and `traceresponse` on every answer. */
export function traced(options: TracedOptions<Request> = {}): RequestHandler {
  return (req, res, next) => {
    const { protocol: scheme, host, ip } = req;
    const known = { scheme, host, ...(ip && { clientAddress: ip }) };
    const span = startServerSpan({ ...options, req, res, request: req, known, route: watchRoute(req) });
    spans.set(req, span);
    span.handle(next);
  };
}

/**
 * Express error middleware, to be used after the routes and before error handlers of your own: records the error on the SERVER span if the
 * answer is a 5xx. Without it the span fails all the same, but says only the status.
 */
export function tracedErrors(): ErrorRequestHandler {
  return (error, req, _res, next) => {
    spans.get(req)?.failed(error);
    next(error);
  };
}

/** Express forgets where a router is mounted when an error leaves it, so the route is read when Express sets it. */
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

/** Express has the mount path with the values of its parameters only (`/users/7`): the names go back in. */
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
