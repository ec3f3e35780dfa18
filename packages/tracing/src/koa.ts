import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import type { Context as KoaContext, Middleware } from 'koa';
import { allowedBaggage, baggageAttributes } from './baggage.ts';
import { httpSpanName, knownMethod, responseHeaders } from './http.ts';
import { fail, tracer } from './span.ts';

/**
 * Koa middleware, to be used first: a SERVER span for each request (semantic conventions, HTTP server), continued from a valid
 * incoming `traceparent` (W3C Trace Context §3.2) and begun anew from a malformed one; `x-trace-id` and `traceresponse` on every
 * answer. The route is the one that @koa/router matched, written as OpenAPI writes it. An error that reaches it is recorded and rethrown.
 */
export function traced(): Middleware {
  return async (ctx, next) => {
    const caller = allowedBaggage(propagation.extract(ROOT_CONTEXT, ctx.req.headers));
    const attributes = { ...requestAttributes(ctx), ...baggageAttributes(caller) };
    const span = tracer().startSpan(httpSpanName(ctx.method), { kind: SpanKind.SERVER, attributes }, caller);
    const headers = responseHeaders(span.spanContext());
    ctx.set(headers);
    endWithResponse(ctx, span);
    try {
      await context.with(trace.setSpan(caller, span), next);
    } catch (error) {
      fail(span, error);
      throw withHeaders(error, headers);
    }
  };
}

/** Koa clears the headers of a failed answer and then sets those that the error carries. */
function withHeaders(error: unknown, headers: Record<string, string>): unknown {
  if (error instanceof Error) Object.assign(error, { headers: { ...(error as { headers?: object }).headers, ...headers } });
  return error;
}

function requestAttributes(ctx: KoaContext): Attributes {
  const method = knownMethod(ctx.method);
  const userAgent = ctx.get('user-agent');
  const port = ctx.req.socket.localPort;
  return {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    ...(method !== ctx.method && { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: ctx.method }),
    [ATTR_URL_PATH]: ctx.path,
    [ATTR_URL_SCHEME]: ctx.protocol,
    [ATTR_NETWORK_PROTOCOL_VERSION]: ctx.req.httpVersion,
    [ATTR_SERVER_ADDRESS]: ctx.hostname,
    ...(port && { [ATTR_SERVER_PORT]: port }),
    [ATTR_CLIENT_ADDRESS]: ctx.ip,
    ...(userAgent && { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
  };
}

/** `finish`: the answer was handed over. `close` without it: the caller went away first. */
function endWithResponse(ctx: KoaContext, span: Span): void {
  let ended = false;
  const end = (complete: boolean): void => {
    if (ended) return;
    ended = true;
    describeResponse(ctx, span, complete);
    span.end();
  };
  ctx.res.once('finish', () => end(true));
  ctx.res.once('close', () => end(false));
}

function describeResponse(ctx: KoaContext, span: Span, complete: boolean): void {
  const route = routeOf(ctx);
  if (route) {
    span.updateName(httpSpanName(ctx.method, route));
    span.setAttribute(ATTR_HTTP_ROUTE, route);
  }
  if (complete || ctx.headerSent) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, ctx.res.statusCode);
  if (!complete) {
    span.setAttribute(ATTR_ERROR_TYPE, 'client_gone');
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'The caller went away before the answer was complete' });
  } else if (ctx.res.statusCode >= 500) {
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}

/** @koa/router notes the route it matched, in its own notation (`/orders/:id`). */
function routeOf(ctx: KoaContext): string | undefined {
  const route: unknown = ctx['_matchedRoute'];
  return typeof route === 'string' ? route.replaceAll(/:(\w+)/g, '{$1}') : undefined;
}
