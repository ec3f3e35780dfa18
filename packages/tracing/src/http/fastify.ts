import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { openApiPath } from './conventions.ts';
import { startServerSpan, type ServerSpan, type TracedOptions } from './server-span.ts';

export type { TracedOptions } from './server-span.ts';

/**
 * Fastify 5 plugin: a SERVER span for each request, and `x-trace-id` and `traceresponse` on every response. Register it first. It covers the
 * whole app, without fastify-plugin.
 */
export function traced(options: TracedOptions<FastifyRequest> = {}): FastifyPluginCallback {
  const plugin: FastifyPluginCallback = (app, _options, registered) => {
    const spans = new WeakMap<FastifyRequest, ServerSpan>();
    app.addHook('onRequest', (request, reply, next) => {
      const { protocol: scheme, host, ip } = request;
      const known = { scheme, host, clientAddress: ip };
      const route = (): string | undefined => request.routeOptions.url && openApiPath(request.routeOptions.url);
      const span = startServerSpan(options, { req: request.raw, res: reply.raw, request, known, route });
      spans.set(request, span);
      span.handle(next);
    });
    app.addHook('onError', (request, _reply, error, next) => {
      spans.get(request)?.failed(error);
      next();
    });
    registered();
  };
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@waymark/tracing' });
}
