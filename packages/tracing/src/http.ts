import { trace, TraceFlags, type SpanContext } from '@opentelemetry/api';

const KNOWN_METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE']);

/** The method as `http.request.method` takes it: `_OTHER` for one that the semantic conventions do not know. */
export function knownMethod(method: string): string {
  return KNOWN_METHODS.has(method) ? method : '_OTHER';
}

/** A span's name: method and route where there is one, else the method (semantic conventions, HTTP spans, "Name"). */
export function httpSpanName(method: string, route?: string): string {
  const known = knownMethod(method);
  const verb = known === '_OTHER' ? 'HTTP' : known;
  return route ? `${verb} ${route}` : verb;
}

/** The answer headers by which a caller finds the trace; `traceresponse` as in W3C Trace Context Level 2 (draft), "Traceresponse Header". */
export function responseHeaders(span: SpanContext): { 'x-trace-id': string; traceresponse: string } {
  return { 'x-trace-id': span.traceId, traceresponse: traceparent(span) };
}

/** W3C Trace Context §3.2, version 00. */
export function traceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}

/** The id of the active trace, if there is one. */
export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
