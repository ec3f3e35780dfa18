import type { IncomingHttpHeaders } from 'node:http';
import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions';
import { httpSpanName, origin, pathOf, responseHeaders, serverAttributes, serverOf } from './conventions.ts';
import { logIds } from '../log.ts';
import { ENTRY, PROBLEM_CODE } from '../names.ts';
import { startSpan } from '../span.ts';

/** A request that no application sees, as far as it is known: of one that cannot be parsed, perhaps nothing. */
export interface Refused {
  request: { method?: string | undefined; url?: string | undefined; httpVersion?: string; headers?: IncomingHttpHeaders };
  clientAddress?: string | undefined;
  status: number;
  /** Why: a stable code. It is the span's `error.type` if the status is 5xx. */
  code: string;
  /** Whether callers from outside come in here. */
  entry: boolean;
}

/**
 * Records a request that the HTTP server refuses itself, as a SERVER span of its own: for requests that cannot be parsed, and for those that
 * are shed. Returns the headers that name its trace in the answer, and the ids for its log line.
 */
export function traceRefused({ request, clientAddress, status, code, entry }: Refused): {
  headers: ReturnType<typeof responseHeaders>;
  ids: ReturnType<typeof logIds>;
} {
  const { method = 'unknown', url = '', httpVersion, headers = {} } = request;
  const { parent, links } = origin(headers, () => !entry);
  const attributes: Attributes = {
    ...serverAttributes({
      method,
      path: pathOf(url),
      scheme: 'http',
      httpVersion,
      server: serverOf(headers.host, 'http'),
      clientAddress,
      userAgent: headers['user-agent'],
    }),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [PROBLEM_CODE]: code,
    ...(entry && { [ENTRY]: true }),
    ...(status >= 500 && { [ATTR_ERROR_TYPE]: code }),
  };
  const span = startSpan(httpSpanName(method), { kind: SpanKind.SERVER, links, attributes }, parent);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  return { headers: responseHeaders(span.spanContext()), ids: logIds(span.spanContext()) };
}
