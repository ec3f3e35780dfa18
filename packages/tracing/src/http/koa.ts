import type { Context as KoaContext, Middleware } from 'koa';
import { asError, outsideDetachedTask } from '@waymark/context';
import { openApiPath } from './conventions.ts';
import { watchCtx } from './detached-ctx.ts';
import { startServerSpan, type ServerSpan, type TracedOptions } from './server-span.ts';

export type { TracedOptions } from './server-span.ts';

/**
 * Koa middleware, to be used first: a SERVER span for each request, named by the route of @koa/router, and `x-trace-id` and `traceresponse`
 * on every response. An error that reaches Koa is recorded if it became a 5xx, and answered as Koa answers it. Unless NODE_ENV is
 * `production`, a detached task that reads the request's `ctx` is warned of.
 */
export function traced(options: TracedOptions<KoaContext> = {}): Middleware {
  const developing = process.env['NODE_ENV'] !== 'production';
  return (ctx, next) => {
    if (developing) watchCtx(ctx);
    const { req, res } = ctx;
    // Koa reads a proxy's headers if the app trusts it. Otherwise it knows what Node knows.
    const known = ctx.app.proxy ? { scheme: ctx.protocol, host: ctx.host, clientAddress: ctx.ip } : undefined;
    const span = startServerSpan(options, { req, res, request: ctx, known, route: () => routeOf(ctx) });
    watchErrors(ctx, span);
    return span.handle(next);
  };
}

const SPAN = Symbol('waymark.span');

type Traced = KoaContext & { [SPAN]?: ServerSpan };

/**
 * Every error ends in Koa's `ctx.onerror`, also those of a streamed or unserializable body, which no middleware sees. It logs, which
 * belongs in the span. `app.context` is what each `ctx` of the app inherits from.
 */
function watchErrors(ctx: Traced, span: ServerSpan): void {
  const prototype = ctx.app.context as Traced;
  if (!(SPAN in prototype)) {
    prototype[SPAN] = undefined!;
    const { onerror } = prototype; // oxlint-disable-line typescript/unbound-method -- it is called with the ctx
    prototype.onerror = function tracedOnerror(this: Traced, thrown) {
      const span = this[SPAN];
      if (!span) return onerror.call(this, thrown);
      if (thrown == null) return;
      span.failed(thrown);
      const error = asError(thrown);
      // Koa writes on the error. In place of a frozen one it gets another, which inherits from it.
      const writable = Object.isExtensible(error) ? error : (Object.create(error) as Error);
      outsideDetachedTask(() => span.run(() => onerror.call(this, writable)));
    };
  }
  ctx[SPAN] = span;
}

/** The layers of @koa/router whose path matched; those without methods are middleware, of no route. */
type Matched = readonly { path: string | RegExp; methods: readonly string[] }[];

/** The route that took the request, from @koa/router's notation (`/orders/:id`). */
function routeOf(ctx: KoaContext): string | undefined {
  const { method } = ctx;
  const route = (ctx['matched'] as Matched | undefined)?.findLast(({ methods }) => methods.includes(method))?.path;
  return typeof route === 'string' ? openApiPath(route) : undefined;
}
