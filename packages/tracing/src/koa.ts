import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import type { ServerResponse } from 'node:http';
import type { Context as KoaContext, Middleware } from 'koa';
import { baggageAttributes } from './baggage.ts';
import { outsideDetachedTask } from './detach.ts';
import { watchCtx } from './detached-ctx.ts';
import { httpSpanName, origin, responseHeaders, serverAttributes } from './http.ts';
import { ENTRY } from './names.ts';
import { asError, fail, failWithStatus, startSpan } from './span.ts';

/** What was thrown while the request was handled. */
type Failure = { thrown?: unknown };

export interface TracedOptions {
  /** True where callers from outside come in. */
  entry?: boolean;
  /**
   * Says whether to continue the caller's trace, with its sampling decision and `tracestate`. By default every caller is trusted; at an
   * entry, none is. Otherwise the request begins a trace, linked to the caller's span. Called only if there is a valid `traceparent`.
   */
  trust?: (ctx: KoaContext) => boolean;
}

/**
 * Koa middleware, to be used first: a SERVER span for each request (semantic conventions, HTTP server), and `x-trace-id` and
 * `traceresponse` on every answer. The span continues the trace of a valid `traceparent` (W3C Trace Context Level 2), or begins one.
 * The route is the one that @koa/router matched, written as OpenAPI writes it. An error that reaches Koa is recorded if it
 * became a 5xx, and answered as Koa answers it. Unless NODE_ENV is `production`, a detached task that reads the request's `ctx` is warned of.
 */
export function traced({ entry = false, trust = () => !entry }: TracedOptions = {}): Middleware {
  const developing = process.env['NODE_ENV'] !== 'production';
  return async (ctx, next) => {
    if (developing) watchCtx(ctx);
    const { parent, links } = origin(ctx.req.headers, () => trust(ctx));
    const attributes = { ...requestAttributes(ctx), ...baggageAttributes(parent), ...(entry && { [ENTRY]: true }) };
    const span = startSpan(httpSpanName(ctx.method), { kind: SpanKind.SERVER, attributes, links }, parent);
    const active = trace.setSpan(parent, span);
    const headers = isSpanContextValid(span.spanContext()) ? responseHeaders(span.spanContext()) : {};
    const failure: Failure = {};
    ctx.set(headers);
    watchErrors(ctx, active, headers, failure);
    const handled = endWithResponse(ctx, span, active, failure);
    try {
      await context.with(active, next);
    } catch (error) {
      note(ctx, failure, error);
      throw error;
    } finally {
      handled();
    }
  };
}

/**
 * Says that the caller of the request in hand is traced, for services that can tell who calls. If it sent no `traceparent`, the SERVER span
 * says that the trace has lost its beginning (`waymark.entry` = `false`, docs/manifest.md).
 */
export function expectTracedCaller(): void {
  const active: (Span & Partial<ReadableSpan>) | undefined = trace.getActiveSpan();
  if (active?.kind === SpanKind.SERVER && !active.parentSpanContext) active.setAttribute(ENTRY, false);
}

/**
 * Every error ends in Koa's `ctx.onerror`, also those of a streamed or unserialisable body, which no middleware sees. It clears the
 * answer's headers and then sets those that the error carries, so the error is given ours; and it logs, which belongs in the span.
 */
function watchErrors(ctx: KoaContext, active: Context, ours: Record<string, string>, failure: Failure): void {
  const answer = ctx.onerror.bind(ctx);
  ctx.onerror = (thrown: unknown) => {
    if (thrown == null) return;
    note(ctx, failure, thrown);
    const error = asError(thrown) as Error & { headers?: object };
    const ownHeaders = withHeaders(error, { ...error.headers, ...ours });
    outsideDetachedTask(() => context.with(active, answer, undefined, ownHeaders));
  };
}

/** A frozen error stays as it is: another one stands before it. */
function withHeaders(error: Error, headers: object): Error {
  return Object.isExtensible(error) ? Object.assign(error, { headers }) : (Object.create(error, { headers: { value: headers } }) as Error);
}

/** How it shows, to whoever writes the answer, that the caller has gone away. */
const CALLER_GONE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

function note(ctx: KoaContext, failure: Failure, thrown: unknown): void {
  if (ctx.writable || !CALLER_GONE.has((thrown as { code?: unknown } | null)?.code)) failure.thrown ??= thrown;
}

function requestAttributes(ctx: KoaContext): Attributes {
  return serverAttributes({
    method: ctx.method,
    path: ctx.path,
    scheme: ctx.protocol,
    httpVersion: ctx.req.httpVersion,
    server: ctx.host ? { hostname: ctx.hostname, port: serverPort(ctx) } : undefined,
    clientAddress: ctx.ip,
    userAgent: ctx.get('user-agent'),
  });
}

/** The port that the caller asked for, which behind a mapping is not the one listened on. */
function serverPort(ctx: KoaContext): number {
  return Number(/:(\d+)$/.exec(ctx.host)?.[1]) || (ctx.secure ? 443 : 80);
}

/** How long a request may still be handled when its caller has gone, in milliseconds: then its span ends without it. */
const UNHEARD_MS = 30_000;

/**
 * `finish`: the answer was handed over, in the context of whoever wrote last, which is not always the request's. `close` without it: the
 * caller went away first; the span then ends with the handling, whose work is as much a part of it. Gives what to call when that ends.
 */
function endWithResponse(ctx: KoaContext, span: Span, active: Context, failure: Failure): () => void {
  const answeredAt = noteAnswer(ctx.res);
  let isHandled = false;
  let unheard: NodeJS.Timeout | undefined;
  let ended = false;
  const end = (complete: boolean): void => {
    clearTimeout(unheard);
    if (ended) return;
    ended = true;
    describeRoute(ctx, span);
    if (complete || ctx.headerSent) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, ctx.res.statusCode);
    describeOutcome(ctx, span, failure, complete);
    span.end(complete ? answeredAt() : undefined);
  };
  ctx.res.once('finish', () => outsideDetachedTask(() => context.with(active, end, undefined, true)));
  ctx.res.once('close', () => {
    if (isHandled || ended) end(false);
    else unheard = setTimeout(end, UNHEARD_MS, false).unref();
  });
  return () => {
    isHandled = true;
    if (unheard) end(false);
  };
}

/**
 * When the last of the answer was written, from just before: once it is out, the caller may have it, and end its own span, long before
 * a busy process hears of `finish`. A span that ended only then would reach beyond the caller's.
 */
function noteAnswer(res: ServerResponse): () => number | undefined {
  let at: number | undefined;
  const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
  res.end = (...args: unknown[]): ServerResponse => {
    at ??= performance.now();
    return end(...args);
  };
  return () => at;
}

function describeRoute(ctx: KoaContext, span: Span): void {
  const route = routeOf(ctx);
  if (!route) return;
  span.updateName(httpSpanName(ctx.method, route));
  span.setAttribute(ATTR_HTTP_ROUTE, route);
}

/** A 4xx is the caller's failure, not this span's (semantic conventions, HTTP spans, "Status"). */
function describeOutcome(ctx: KoaContext, span: Span, { thrown }: Failure, complete: boolean): void {
  if (complete && ctx.res.statusCode < 500) return;
  if (thrown !== undefined) return fail(span, thrown);
  if (complete) return failWithStatus(span, ctx.res.statusCode);
  span.setAttribute(ATTR_ERROR_TYPE, 'client_gone');
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'The caller went away before the answer was complete' });
}

/** The layers of @koa/router whose path matched; those without methods are middleware, of no route. */
type Matched = readonly { path: string | RegExp; methods: readonly string[] }[];

/** The route that took the request, from @koa/router's notation (`/orders/:id`). */
function routeOf(ctx: KoaContext): string | undefined {
  const route = (ctx['matched'] as Matched | undefined)?.findLast(({ methods }) => methods.includes(ctx.method))?.path;
  return typeof route === 'string' ? route.replaceAll(/:(\w+)/g, '{$1}') : undefined;
}
