import { context, propagation, SpanKind, trace, type Attributes, type Context, type TextMapSetter } from '@opentelemetry/api';
import { ATTR_HTTP_REQUEST_RESEND_COUNT } from '@opentelemetry/semantic-conventions';
import type { Dispatcher } from 'undici';
import { PEER_SERVICE } from '@waymark/semantic-conventions';
import { ClientCall, watchedLegacy, WatchedHandler } from './client-call.ts';
import { clientAttributes, httpSpanName } from './conventions.ts';
import { measureClient } from '../metrics/http-durations.ts';
import { startSpan } from '../span.ts';

export interface TracedRequest {
  /** The path's template (`/orders/{id}`), which makes a better span name than the method alone. */
  urlTemplate?: string;
  /** The service that is called, if it is known to be traced: an answer that names no span of it is then a fault. */
  peerService?: string;
  /** Which retry of a request this is, for callers that retry by themselves. */
  resendCount?: number;
}

/** On the handler of a request: a retry is dispatched with the same handler, from a timer or socket and in whatever context that has. */
const SENDS = Symbol('waymark.sends');

interface Sends {
  readonly parent: Context;
  count: number;
}

/** On the options of a request that has its span, so that an interceptor further in leaves it alone. */
const TRACED = Symbol('waymark.traced');

type Options = Dispatcher.DispatchOptions & TracedRequest & { [TRACED]?: true; allowH2?: boolean };
type Handler = Dispatcher.DispatchHandler & { [SENDS]?: Sends };

/**
 * An undici interceptor for `dispatcher.compose(traceRequests(), …)`: a CLIENT span for each request on the wire (semantic
 * conventions, HTTP client), ended when the answer's body has been read, and exactly one injection of the context.
 * Compose it first, before retry and redirect: each attempt is then a span of its own, with `http.request.resend_count`.
 * It serves undici 6, 7 and 8, and the `fetch` of Node 22 and 24 by its `dispatcher` option.
 */
export function traceRequests(): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options: Options, handler: Handler) => {
    if (options[TRACED]) return dispatch(options, handler);
    const sends = (handler[SENDS] ??= { parent: context.active(), count: 0 });
    const attributes = attributesOf(options, sends.count);
    const span = startSpan(httpSpanName(options.method, options.urlTemplate), { kind: SpanKind.CLIENT, attributes }, sends.parent);
    const measure = measureClient(attributes);
    sends.count += 1;
    const isModern = typeof handler.onRequestStart === 'function';
    const watching = isModern ? new WatchedHandler(span, measure, handler) : watchedLegacy(span, measure, handler);
    try {
      const traced: Options = { ...options, headers: withContext(options.headers, trace.setSpan(sends.parent, span)) };
      traced[TRACED] = true;
      // A handler of undici 6 takes no HTTP/2.
      if (!isModern) traced.allowH2 = false;
      return dispatch(traced, watching);
    } catch (error) {
      new ClientCall(span, measure).failed(error);
      throw error;
    }
  };
}

function attributesOf(options: Options, sent: number): Attributes {
  const { method, urlTemplate, peerService } = options;
  const attributes = clientAttributes(method, String(options.origin), options.path);
  if (urlTemplate) attributes['url.template'] = urlTemplate;
  if (peerService) attributes[PEER_SERVICE] = peerService;
  const count = options.resendCount ?? sent;
  if (count > 0) attributes[ATTR_HTTP_REQUEST_RESEND_COUNT] = count;
  return attributes;
}

const toList: TextMapSetter<unknown[]> = { set: (list, name, value) => void list.push(name, value) };

/** The headers with exactly one of each propagation header, whatever form undici was given them in. The rest is undici's to judge. */
function withContext(headers: Dispatcher.DispatchOptions['headers'], from: Context): string[] {
  const kept: unknown[] = headers ? withoutPropagated(flat(headers)) : [];
  propagation.inject(from, kept, toList);
  return kept as string[];
}

function withoutPropagated(given: readonly unknown[]): unknown[] {
  const ours = propagatedFields();
  return given.filter((_, at) => !ours.has(String(given[at - (at % 2)]).toLowerCase()));
}

let fields: ReadonlySet<string> = new Set();

/** The headers of the propagator. A process has one, once it has any. */
function propagatedFields(): ReadonlySet<string> {
  return fields.size > 0 ? fields : (fields = new Set(propagation.fields()));
}

/** Name, value, name, value … as undici takes any array to be. */
function flat(headers: NonNullable<Dispatcher.DispatchOptions['headers']>): unknown[] {
  if (Array.isArray(headers)) return headers;
  return [...(Symbol.iterator in headers ? (headers as Iterable<unknown[]>) : Object.entries(headers))].flat();
}
