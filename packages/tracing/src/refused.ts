import type { IncomingHttpHeaders } from 'node:http';
import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { bareHost, httpSpanName, methodAttributes, origin, responseHeaders } from './http.ts';
import { ENTRY, PROBLEM_CODE } from './names.ts';
import { startSpan } from './span.ts';

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
 * Records a request that the HTTP server refuses itself, as a SERVER span of its own, and returns the headers that name its trace in the
 * answer: for requests that cannot be parsed, and for those that are shed.
 */
export function traceRefused({ request, clientAddress, status, code, entry }: Refused): ReturnType<typeof responseHeaders> {
  const { method = 'unknown', headers = {} } = request;
  const { parent, links } = origin(headers, () => !entry);
  const attributes: Attributes = {
    ...methodAttributes(method),
    [ATTR_URL_SCHEME]: 'http',
    [ATTR_URL_PATH]: request.url?.startsWith('/') ? request.url.split('?', 1)[0] : '',
    ...(request.httpVersion && { [ATTR_NETWORK_PROTOCOL_VERSION]: request.httpVersion }),
    ...serverAttributes(headers.host),
    ...(headers['user-agent'] && { [ATTR_USER_AGENT_ORIGINAL]: headers['user-agent'] }),
    ...(clientAddress && { [ATTR_CLIENT_ADDRESS]: clientAddress }),
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [PROBLEM_CODE]: code,
    ...(entry && { [ENTRY]: true }),
    ...(status >= 500 && { [ATTR_ERROR_TYPE]: code }),
  };
  const span = startSpan(httpSpanName(method), { kind: SpanKind.SERVER, links, attributes }, parent);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  const answer = responseHeaders(span.spanContext());
  span.end();
  return answer;
}

function serverAttributes(host: string | undefined): Attributes {
  const url = host ? URL.parse(`http://${host}`) : null;
  return url ? { [ATTR_SERVER_ADDRESS]: bareHost(url.hostname), [ATTR_SERVER_PORT]: Number(url.port) || 80 } : {};
}
