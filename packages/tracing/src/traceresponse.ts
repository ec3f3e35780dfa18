import { isValidSpanId, isValidTraceId, TraceFlags, type Span } from '@opentelemetry/api';
import { PEER_SPAN } from './names.ts';

const FORMAT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Notes on a CLIENT span which span answered it, from the answer's `traceresponse` (W3C Trace Context Level 2 draft, "Traceresponse
 * Header"): that span must be in the trace. A server that answers in another trace, or is not sampled, promises nothing.
 */
export function notePeer(client: Span, header: string | string[] | undefined): void {
  const [, traceId = '', spanId = '', flags = '00'] = FORMAT.exec(String(header ?? '')) ?? [];
  const sampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  if (!sampled || !isValidTraceId(traceId) || !isValidSpanId(spanId)) return;
  if (traceId === client.spanContext().traceId) client.setAttribute(PEER_SPAN, spanId);
}
