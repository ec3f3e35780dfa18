import type { IncomingMessage } from 'node:http';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_PATH,
} from '@opentelemetry/semantic-conventions';
import { httpSpanName, methodAttributes, origin, responseHeaders } from './http.ts';
import { ENTRY, PROBLEM_CODE } from './names.ts';
import { startSpan } from './span.ts';

/** What is known of a request that no application sees. Of one that could not be parsed, only the address. */
export interface Refused {
  request?: IncomingMessage;
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
  const { parent, links } = origin(request?.headers ?? {}, () => !entry);
  const method = request?.method ?? '';
  const span = startSpan(
    request ? httpSpanName(method) : 'HTTP',
    {
      kind: SpanKind.SERVER,
      links,
      attributes: {
        ...(request && { ...methodAttributes(method), [ATTR_NETWORK_PROTOCOL_VERSION]: request.httpVersion }),
        ...(request?.url?.startsWith('/') && { [ATTR_URL_PATH]: request.url.split('?', 1)[0] }),
        ...(clientAddress && { [ATTR_CLIENT_ADDRESS]: clientAddress }),
        [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
        [PROBLEM_CODE]: code,
        ...(entry && { [ENTRY]: true }),
        ...(status >= 500 && { [ATTR_ERROR_TYPE]: code }),
      },
    },
    parent,
  );
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  const headers = responseHeaders(span.spanContext());
  span.end();
  return headers;
}
