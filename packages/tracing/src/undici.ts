import { context, SpanKind, SpanStatusCode, trace, type Context, type Span } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
} from '@opentelemetry/semantic-conventions';
import type { Dispatcher } from 'undici';
import { inject } from './carrier.ts';
import { httpSpanName, knownMethod } from './http.ts';
import { errorType, fail, tracer } from './span.ts';

/** Request options may name the path's template (`/orders/{id}`), which makes a better span name than the method alone. */
export type TracedRequest = { urlTemplate?: string };

interface Sends {
  parent: Context;
  count: number;
}

/**
 * An undici interceptor for `dispatcher.compose(traceRequests(), …)`: a CLIENT span for each request on the wire (semantic
 * conventions, HTTP client), ended when the answer's body has been read, and exactly one injection of the context.
 * Compose it first, before retry and redirect: each attempt is then a span of its own, with `http.request.resend_count`.
 */
export function traceRequests(): Dispatcher.DispatcherComposeInterceptor {
  // A retry is dispatched from a timer or socket, in whatever context that has; its handler is the same, so it remembers the parent.
  const sends = new WeakMap<Dispatcher.DispatchHandler, Sends>();
  return (dispatch) => (options, handler) => {
    const sent = sends.get(handler) ?? { parent: context.active(), count: 0 };
    sends.set(handler, { parent: sent.parent, count: sent.count + 1 });
    const span = startSpan(options, sent);
    const headers = withContext(options.headers, trace.setSpan(sent.parent, span));
    try {
      return dispatch({ ...options, headers }, observed(handler, span));
    } catch (error) {
      fail(span, error);
      span.end();
      throw error;
    }
  };
}

function startSpan(options: Dispatcher.DispatchOptions & TracedRequest, { parent, count }: Sends): Span {
  const origin = new URL(String(options.origin));
  return tracer().startSpan(
    httpSpanName(options.method, options.urlTemplate),
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR_HTTP_REQUEST_METHOD]: knownMethod(options.method),
        [ATTR_URL_FULL]: withoutQuery(origin, options.path),
        ...(options.urlTemplate && { 'url.template': options.urlTemplate }),
        [ATTR_SERVER_ADDRESS]: origin.hostname,
        [ATTR_SERVER_PORT]: Number(origin.port) || (origin.protocol === 'https:' ? 443 : 80),
        ...(count > 0 && { [ATTR_HTTP_REQUEST_RESEND_COUNT]: count }),
      },
    },
    parent,
  );
}

/** Credentials live in a URL's user part and query: neither belongs on a span. */
function withoutQuery(origin: URL, path: string): string {
  return `${origin.origin}${path.split('?', 1)[0]}`;
}

/** The headers with exactly one of each propagation header, whatever form undici was given them in. */
function withContext(headers: Dispatcher.DispatchOptions['headers'], from: Context): string[] {
  const carrier = inject(from);
  const kept = headerPairs(headers).filter(([name]) => !(name.toLowerCase() in carrier));
  return [...kept, ...Object.entries(carrier)].flat();
}

function headerPairs(headers: Dispatcher.DispatchOptions['headers']): [string, string][] {
  if (!headers) return [];
  if (Array.isArray(headers) && typeof headers[0] === 'string') {
    return headers.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
  }
  const entries = Symbol.iterator in headers ? [...(headers as Iterable<[string, string | string[]]>)] : Object.entries(headers);
  return entries.flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, String(one)]));
}

/** The handler, with the span told of what passes by. */
function observed(handler: Dispatcher.DispatchHandler, span: Span): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, ctx) => handler.onRequestStart?.(controller, ctx),
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
    onRequestUpgrade(controller, status, headers, socket) {
      span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
      span.end();
      handler.onRequestUpgrade?.(controller, status, headers, socket);
    },
    onResponseStart(controller, status, headers, message) {
      if (status >= 200) describeStatus(span, status);
      handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd(controller, trailers) {
      span.end();
      handler.onResponseEnd?.(controller, trailers);
    },
    onResponseError(controller, error) {
      fail(span, error);
      span.setAttribute(ATTR_ERROR_TYPE, errorType(error));
      span.end();
      handler.onResponseError?.(controller, error);
    },
  };
}

function describeStatus(span: Span, status: number): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
  if (status >= 400) {
    span.setAttribute(ATTR_ERROR_TYPE, String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}
