import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { openApiPath } from './conventions.ts';
import { startServerSpan, type TracedOptions } from './server-span.ts';

export type { TracedOptions } from './server-span.ts';

/** The bindings that @hono/node-server passes to the app. */
type NodeBindings = { incoming?: IncomingMessage; outgoing?: ServerResponse } | undefined;

/**
 * Hono middleware for apps on @hono/node-server: a SERVER span for each request, and `x-trace-id` and `traceresponse` on every response. Use
 * it first. Requests without a server (`app.request()` in a test) are not traced.
 */
export function traced(options: TracedOptions<HonoContext> = {}): MiddlewareHandler {
  return async (c, next) => {
    const { incoming: req, outgoing: res } = (c.env as NodeBindings) ?? {};
    if (!req || !res) return next();
    const span = startServerSpan(options, { req, res, request: c, route: () => routeOf(c) });
    await span.handle(next);
    // Hono catches errors of handlers before they get here.
    if (c.error) span.failed(c.error);
  };
}

/** The last route that matched. Entries for all methods below a path are middleware, not routes. */
function routeOf(c: HonoContext): string | undefined {
  const route = matchedRoutes(c).findLast(({ method, path }) => method !== 'ALL' || !path.endsWith('*'));
  return route && openApiPath(route.path);
}
