import { context, propagation, SpanKind, trace, type Context, type Span } from '@opentelemetry/api';
import { ATTR_HTTP_REQUEST_RESEND_COUNT } from '@opentelemetry/semantic-conventions';
import type { Dispatcher } from 'undici';
import { inject } from '@waymark/context';
import { PEER_SERVICE } from '@waymark/semantic-conventions';
import { ClientCall, Watched, watchedLegacy } from './client-call.ts';
import { httpSpanName, methodAttributes, urlAttributes } from './conventions.ts';
import { startSpan } from '../span.ts';

export interface TracedRequest {
  /** The path's template (`/orders/{id}`), which makes a better span name than the method alone. */
  urlTemplate?: string;
  /** The service that is called, if it is known to be traced: an answer that names no span of it is then a fault. */
  peerService?: string;
  /** Which retry of a request this is, for callers that retry by themselves. */
  resendCount?: number;
}

interface Sends {
  parent: Context;
  count: number;
}

/** On the options of a request that has its span, so that an interceptor further in leaves it alone. */
const TRACED = Symbol('waymark.traced');

type Options = Dispatcher.DispatchOptions & TracedRequest & { [TRACED]?: true };

/**
 * An undici interceptor for `dispatcher.compose(traceRequests(), …)`: a CLIENT span for each request on the wire (semantic
 * conventions, HTTP client), ended when the answer's body has been read, and exactly one injection of the context.
 * Compose it first, before retry and redirect: each attempt is then a span of its own, with `http.request.resend_count`.
 * It serves undici 6, 7 and 8, and the `fetch` of Node 22 and 24 by its `dispatcher` option.
 */
export function traceRequests(): Dispatcher.DispatcherComposeInterceptor {
  // A retry is dispatched from a timer or socket, in whatever context that has; its handler is the same, so it remembers the parent.
  const sends = new WeakMap<object, Sends>();
  return (dispatch) => (options: Options, handler) => {
    if (options[TRACED]) return dispatch(options, handler);
    const sent = sends.get(handler) ?? { parent: context.active(), count: 0 };
    sends.set(handler, { parent: sent.parent, count: sent.count + 1 });
    const span = clientSpan(options, sent);
    const call = new ClientCall(span);
    try {
      const headers = withContext(options.headers, trace.setSpan(sent.parent, span));
      const isModern = typeof handler.onRequestStart === 'function';
      const watching = isModern ? new Watched(handler, call) : watchedLegacy(handler, call);
      // A handler of undici 6 takes no HTTP/2.
      return dispatch({ ...options, ...(!isModern && { allowH2: false }), headers, [TRACED]: true } as Options, watching);
    } catch (error) {
      call.failed(error);
      throw error;
    }
  };
}

function clientSpan(options: Options, { parent, count: sent }: Sends): Span {
  const count = options.resendCount ?? sent;
  return startSpan(
    httpSpanName(options.method, options.urlTemplate),
    {
      kind: SpanKind.CLIENT,
      attributes: {
        ...methodAttributes(options.method),
        ...urlAttributes(String(options.origin), options.path),
        ...(options.urlTemplate && { 'url.template': options.urlTemplate }),
        ...(options.peerService && { [PEER_SERVICE]: options.peerService }),
        ...(count > 0 && { [ATTR_HTTP_REQUEST_RESEND_COUNT]: count }),
      },
    },
    parent,
  );
}

/** The headers with exactly one of each propagation header, whatever form undici was given them in. The rest is undici's to judge. */
function withContext(headers: Dispatcher.DispatchOptions['headers'], from: Context): string[] {
  const ours = propagatedFields();
  const given: unknown[] = flat(headers);
  const kept = given.filter((_, at) => !ours.has(String(given[at - (at % 2)]).toLowerCase()));
  const carrier = inject(from);
  for (const name in carrier) kept.push(name, carrier[name]);
  return kept as string[];
}

let fields: ReadonlySet<string> = new Set();

/** The headers of the propagator. A process has one, once it has any. */
function propagatedFields(): ReadonlySet<string> {
  return fields.size > 0 ? fields : (fields = new Set(propagation.fields()));
}

/** Name, value, name, value … as undici takes any array to be. */
function flat(headers: Dispatcher.DispatchOptions['headers']): unknown[] {
  if (!headers) return [];
  if (Array.isArray(headers)) return headers;
  return [...(Symbol.iterator in headers ? (headers as Iterable<unknown[]>) : Object.entries(headers))].flat();
}
