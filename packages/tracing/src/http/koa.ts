import type { Context as KoaContext, Middleware } from 'koa';
import { asError, outsideDetachedTask } from '@waymark/context';
import { openApiPath } from './conventions.ts';
import { watchCtx } from './detached-ctx.ts';
import { startServerSpan, type ServerSpan, type TracedOptions } from './server-span.ts';

export type { TracedOptions } from './server-span.ts';

/**
 * Koa middleware, to be used first: a SERVER span for each request, named by the route of @koa/router, and `x-trace-id` and `traceresponse`
 * on every answer. An error that reaches Koa is recorded if it became a 5xx, and answered as Koa answers it. Unless NODE_ENV is
 * `production`, a detached task that reads the request's `ctx` is warned of.
 */
export function traced(options: TracedOptions<KoaContext> = {}): Middleware {
  const developing = process.env['NODE_ENV'] !== 'production';
  return async (ctx, next) => {
    if (developing) watchCtx(ctx);
    const { req, res, method, path, protocol: scheme, host, ip } = ctx;
    const known = { method, path, scheme, host, clientAddress: ip };
    const span = startServerSpan({ ...options, req, res, request: ctx, known, route: () => routeOf(ctx) });
    watchErrors(ctx, span);
    return span.handle(next);
  };
}

/**
 * Every error ends in Koa's `ctx.onerror`, also those of a streamed or unserialisable body, which no middleware sees. It logs, which
 * belongs in the span.
 */
function watchErrors(ctx: KoaContext, span: ServerSpan): void {
  const answer = ctx.onerror.bind(ctx);
  ctx.onerror = (thrown) => {
    if (thrown == null) return;
    span.failed(thrown);
    const error = asError(thrown);
    // Koa writes on the error. In place of a frozen one it gets another, which inherits from it.
    const writable = Object.isExtensible(error) ? error : (Object.create(error) as Error);
    outsideDetachedTask(() => span.run(() => answer(writable)));
  };
}

/** The layers of @koa/router whose path matched; those without methods are middleware, of no route. */
type Matched = readonly { path: string | RegExp; methods: readonly string[] }[];

/** The route that took the request, from @koa/router's notation (`/orders/:id`). */
function routeOf(ctx: KoaContext): string | undefined {
  const route = (ctx['matched'] as Matched | undefined)?.findLast(({ methods }) => methods.includes(ctx.method))?.path;
  return typeof route === 'string' ? openApiPath(route) : undefined;
}
