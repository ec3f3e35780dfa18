import { context, propagation, SpanKind, trace, type Attributes, type Context, type Span } from '@opentelemetry/api';
import {
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
} from '@opentelemetry/semantic-conventions';
import type { Dispatcher } from 'undici';
import { inject } from './carrier.ts';
import { httpSpanName, methodAttributes } from './http.ts';
import { PEER_UNKNOWN } from './names.ts';
import { fail, failWithStatus, tracer } from './span.ts';
import { notePeer } from './traceresponse.ts';

export interface TracedRequest {
  /** The path's template (`/orders/{id}`), which makes a better span name than the method alone. */
  urlTemplate?: string;
  /** Which retry of a request this is, for callers that retry by themselves. */
  resendCount?: number;
}

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
    try {
      const headers = withContext(options.headers, trace.setSpan(sent.parent, span));
      return dispatch({ ...options, headers }, observed(handler, span));
    } catch (error) {
      fail(span, error);
      span.end();
      throw error;
    }
  };
}

function startSpan(options: Dispatcher.DispatchOptions & TracedRequest, { parent, count: sent }: Sends): Span {
  const count = options.resendCount ?? sent;
  return tracer().startSpan(
    httpSpanName(options.method, options.urlTemplate),
    {
      kind: SpanKind.CLIENT,
      attributes: {
        ...methodAttributes(options.method),
        ...urlAttributes(options),
        ...(options.urlTemplate && { 'url.template': options.urlTemplate }),
        ...(count > 0 && { [ATTR_HTTP_REQUEST_RESEND_COUNT]: count }),
      },
    },
    parent,
  );
}

/** Credentials live in a URL's user part and query: neither belongs on a span. What is no URL, undici refuses in its own words. */
function urlAttributes({ origin, path }: Dispatcher.DispatchOptions): Attributes {
  const absolute = /^https?:/.test(path);
  const url = URL.parse(absolute ? path : String(origin));
  if (!url) return {};
  return {
    [ATTR_URL_FULL]: `${url.origin}${absolute ? url.pathname : path.split(/[?#]/, 1)[0]}`,
    [ATTR_SERVER_ADDRESS]: url.hostname,
    [ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
  };
}

/** The headers with exactly one of each propagation header, whatever form undici was given them in. The rest is undici's to judge. */
function withContext(headers: Dispatcher.DispatchOptions['headers'], from: Context): string[] {
  const ours = new Set(propagation.fields());
  const given: unknown[] = flat(headers);
  const kept = given.filter((_, at) => !ours.has(String(given[at - (at % 2)]).toLowerCase()));
  return [...kept, ...Object.entries(inject(from)).flat()] as string[];
}

/** Name, value, name, value … as undici takes any array to be. */
function flat(headers: Dispatcher.DispatchOptions['headers']): unknown[] {
  if (!headers) return [];
  if (Array.isArray(headers)) return headers;
  return [...(Symbol.iterator in headers ? (headers as Iterable<unknown[]>) : Object.entries(headers))].flat();
}

/** The handler, with the span told of what passes by. */
function observed(handler: Dispatcher.DispatchHandler, span: Span): Dispatcher.DispatchHandler {
  let awaiting = false;
  return {
    onRequestStart(controller, ctx) {
      awaiting = true;
      handler.onRequestStart?.(controller, ctx);
    },
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
    onRequestUpgrade(controller, status, headers, socket) {
      span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
      span.end();
      handler.onRequestUpgrade?.(controller, status, headers, socket);
    },
    onResponseStarted: () => handler.onResponseStarted?.(),
    onResponseStart(controller, status, headers, message) {
      if (status >= 200) {
        awaiting = false;
        span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
        notePeer(span, headers['traceresponse']);
      }
      if (status >= 400) failWithStatus(span, status);
      handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd(controller, trailers) {
      span.end();
      handler.onResponseEnd?.(controller, trailers);
    },
    onResponseError(controller, error) {
      // A retry turns an answer that has ended into an error: that error belongs to whoever made the request.
      if (span.isRecording()) {
        fail(span, error);
        if (awaiting) span.setAttribute(PEER_UNKNOWN, true);
        span.end();
      }
      handler.onResponseError?.(controller, error);
    },
  };
}
