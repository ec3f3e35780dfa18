import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_HTTP_RESPONSE_STATUS_CODE } from '@opentelemetry/semantic-conventions';
import { ENTRY, PROBLEM_CODE } from '@waymark/semantic-conventions';
import { httpSpanName, origin, responseHeaders, serverAttributes, serverRequest, type ParsedRequest } from './conventions.ts';
import { logIds } from '../log.ts';
import { measureServer } from '../metrics/http-durations.ts';
import { startSpan } from '../span.ts';

/** A request that never reaches the app. */
export interface Refused {
  request: ParsedRequest;
  clientAddress?: string | undefined;
  status: number;
  /** A stable code for the reason. If the status is 5xx, it is also the span's `error.type`. */
  code: string;
  /** Whether the server receives requests from outside. */
  entry: boolean;
}

/**
 * Records a request that the HTTP server rejects before the app sees it (because it can't be parsed, or was shed) as a SERVER span.
 * Returns the headers that name the trace in the response, and the ids for the log line.
 */
export function traceRefused({ request, clientAddress, status, code, entry }: Refused): {
  headers: ReturnType<typeof responseHeaders>;
  ids: ReturnType<typeof logIds>;
} {
  const { method = 'unknown', headers = {} } = request;
  const { parent, links } = origin(headers, () => !entry);
  const attributes: Attributes = {
    ...serverAttributes({ ...serverRequest(request, 'http'), method, clientAddress }),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [PROBLEM_CODE]: code,
    ...(entry && { [ENTRY]: true }),
    ...(status >= 500 && { [ATTR_ERROR_TYPE]: code }),
  };
  const span = startSpan(httpSpanName(method), { kind: SpanKind.SERVER, links, attributes }, parent);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  measureServer(attributes)?.(span.spanContext(), { status, errorType: status >= 500 ? code : undefined });
  span.end();
  return { headers: responseHeaders(span.spanContext()), ids: logIds(span.spanContext()) };
}
