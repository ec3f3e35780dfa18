import type { IncomingMessage, ServerResponse } from 'node:http';
import { types } from 'node:util';
import { context, INVALID_TRACEID, propagation, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import type { ReadableSpan } from '../provider/interfaces.ts';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions';
import { fail } from '@waymark/context';
import { ENTRY } from '@waymark/semantic-conventions';
import { baggageAttributes } from '../baggage.ts';
import { measureServer } from '../metrics/http-durations.ts';
import type { Measure } from '../metrics/measure.ts';
import { traceparent } from '../sdk/trace-context.ts';
import { attributeOf, failWithStatus, startSpan } from '../span.ts';
import { httpSpanName, origin, serverAttributes, serverRequest, TRACE_ID, TRACERESPONSE, type ServerRequest } from './conventions.ts';
import { watchResponse } from './watch-response.ts';

/** How a server is traced. `R` is the framework's own request. */
export interface TracedOptions<R> {
  /** True where callers from outside come in. */
  entry?: boolean;
  /**
   * Says whether to continue the caller's trace, with its sampling decision and `tracestate`. By default every caller is trusted; at an
   * entry, none is. Otherwise the request begins a trace, linked to the caller's span. Called only if there is a valid `traceparent`.
   */
  trust?: (request: R) => boolean;
}

/** How long a request may still be handled when its caller has gone, in milliseconds: then its span ends without it. */
const UNHEARD_MS = 30_000;

/** How it shows, to the code that writes the answer, that the caller has gone away. */
const CALLER_GONE: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * The SERVER span of one request (semantic conventions, HTTP server), which every adapter shares. It continues the trace of a valid
 * `traceparent` (W3C Trace Context Level 2) or begins one, and sets `x-trace-id` and `traceresponse` on the response. It ends when the
 * response has been handed over or, if the caller went away first, when the handler has finished.
 */
export class ServerSpan {
  readonly #res: ServerResponse;
  readonly #nameRoute: () => string | undefined;
  readonly #measure: Measure | undefined;
  readonly #span: Span;
  readonly #active: Context;
  #thrown: { error: unknown } | undefined;
  #answeredAt: number | undefined;
  /** Undefined for a handler that is not async. */
  #handling: 'async' | 'settled' | undefined;
  #callerGone = false;
  #headWasSent = false;
  #unheard: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(res: ServerResponse, parent: Context, span: Span, nameRoute: () => string | undefined, measure: Measure | undefined) {
    this.#res = res;
    this.#nameRoute = nameRoute;
    this.#measure = measure;
    this.#span = span;
    this.#active = trace.setSpan(parent, span);
    // The handler may read them, and a response over HTTP/2 does not call `writeHead`.
    this.nameTrace();
    watchResponse(res, this);
  }

  /** Runs `fn` with the span active. */
  run<T>(fn: () => T): T {
    return context.with(this.#active, fn);
  }

  /** Runs the handler with the span active. An async handler has finished when its promise settles, any other when it begins to answer. */
  handle<T>(handler: () => T): T {
    const result = this.run(handler);
    if (types.isPromise(result)) {
      this.#handling = 'async';
      result.then(
        () => this.#settled(),
        (error: unknown) => {
          this.failed(error);
          this.#settled();
        },
      );
    }
    return result;
  }

  /** Notes what was thrown while the request was handled. The span fails with it if the response is a 5xx or breaks off. */
  failed(error: unknown): void {
    const res = this.#res;
    const canAnswer = !res.writableEnded && res.socket?.writable !== false;
    if (canAnswer || !CALLER_GONE.has((error as { code?: unknown } | null)?.code)) this.#thrown ??= { error };
  }

  /** Sets the headers that name this span; none when tracing is off. Koa and Node clear all headers before they answer an error. */
  nameTrace(): void {
    const res = this.#res;
    const span = this.#span.spanContext();
    if (res.headersSent || span.traceId === INVALID_TRACEID) return;
    if (!res.hasHeader(TRACE_ID)) res.setHeader(TRACE_ID, span.traceId);
    if (!res.hasHeader(TRACERESPONSE)) res.setHeader(TRACERESPONSE, traceparent(span));
  }

  /**
   * The last of the response is about to be written: once it is out, the caller may have it, and end its own span, long before a busy process
   * is told that the response has finished. A span that ended only then would reach beyond the caller's.
   */
  answering(): void {
    this.#answeredAt ??= performance.now();
  }

  /** `end` was called. */
  answered(): void {
    if (this.#callerGone) this.#endIfHandled();
  }

  /** All of the response was handed over. */
  finished(): void {
    this.#end(true);
  }

  /** The response was closed. If it had not finished, the caller went away first. What the handler still does is part of the span. */
  closed(): void {
    if (this.#hasEnded) return;
    this.#callerGone = true;
    this.#headWasSent = this.#res.headersSent;
    this.#unheard = setTimeout(() => this.#end(false), UNHEARD_MS).unref();
    this.#endIfHandled();
  }

  #settled(): void {
    this.#handling = 'settled';
    if (this.#callerGone) this.#endIfHandled();
  }

  #endIfHandled(): void {
    const hasAnswered = this.#res.headersSent || this.#answeredAt !== undefined;
    if (this.#handling === undefined ? hasAnswered : this.#handling === 'settled') this.#end(false);
  }

  #end(isComplete: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#unheard);
    const { statusCode } = this.#res;
    const route = this.#nameRoute();
    const status = isComplete || this.#headWasSent ? statusCode : undefined;
    if (status) this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    this.#describeOutcome(isComplete, statusCode);
    this.#measure?.(this.#span.spanContext(), { route, status, errorType: this.#errorType(isComplete, statusCode) });
    this.#span.end(isComplete ? this.#answeredAt : undefined);
  }

  /** A span that is not sampled has no attributes. */
  #errorType(isComplete: boolean, status: number): string | undefined {
    if (isComplete && status < 500) return undefined;
    const noted = attributeOf(this.#span, ATTR_ERROR_TYPE);
    return typeof noted === 'string' ? noted : isComplete ? String(status) : 'client_gone';
  }

  /** A 4xx is the caller's failure, not this span's (semantic conventions, HTTP spans, "Status"). */
  #describeOutcome(isComplete: boolean, status: number): void {
    if (isComplete && status < 500) return;
    if (this.#thrown) return fail(this.#span, this.#thrown.error);
    if (isComplete) return failWithStatus(this.#span, status);
    this.#span.setAttribute(ATTR_ERROR_TYPE, 'client_gone');
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: 'The caller went away before the answer was complete' });
  }
}

/** What an adapter knows about a request. `R` is the framework's own. */
export interface Served<R> {
  req: IncomingMessage;
  res: ServerResponse;
  request: R;
  /** What the framework knows better than Node does. Behind a proxy, for example: the scheme and the client's address. */
  known?: Partial<ServerRequest> | undefined;
  /** The route that took the request, as OpenAPI writes it (`/orders/{id}`), asked when the span ends. The handler may annotate it instead. */
  route?: () => string | undefined;
}

/** Starts the SERVER span of a request. */
export function startServerSpan<R>(options: TracedOptions<R>, { req, res, request, known, route }: Served<R>): ServerSpan {
  const { entry = false, trust } = options;
  const { parent, links } = origin(req.headers, () => (trust ? trust(request) : !entry));
  const seen = serverRequest(req, 'encrypted' in req.socket ? 'https' : 'http');
  seen.clientAddress = req.socket.remoteAddress;
  if (known) Object.assign(seen, known);
  const attributes = serverAttributes(seen);
  if (propagation.getBaggage(parent)) Object.assign(attributes, baggageAttributes(parent));
  if (entry) attributes[ENTRY] = true;
  const span = startSpan(httpSpanName(seen.method), { kind: SpanKind.SERVER, attributes, links }, parent);
  const nameRoute = (): string | undefined => {
    const matched = route?.() ?? attributeOf(span, ATTR_HTTP_ROUTE);
    if (typeof matched !== 'string') return undefined;
    span.updateName(httpSpanName(seen.method, matched));
    span.setAttribute(ATTR_HTTP_ROUTE, matched);
    return matched;
  };
  return new ServerSpan(res, parent, span, nameRoute, measureServer(attributes));
}

/**
 * Says that the caller of the request in hand is traced, for services that can tell who calls. If it sent no `traceparent`, the SERVER span
 * says that the trace has lost its beginning (`waymark.entry` = `false`, docs/manifest.md).
 */
export function expectTracedCaller(): void {
  const active: (Span & Partial<ReadableSpan>) | undefined = trace.getActiveSpan();
  if (active?.kind === SpanKind.SERVER && !active.parentSpanContext) active.setAttribute(ENTRY, false);
}
