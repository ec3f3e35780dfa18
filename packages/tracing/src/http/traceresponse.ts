import { isValidSpanId, isValidTraceId, TraceFlags, type Span } from '@opentelemetry/api';
import { PEER_SPAN, PEER_TRACE, PEER_UNSAMPLED } from '../names.ts';

const FORMAT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Notes on a CLIENT span which span answered it, from the answer's `traceresponse` (W3C Trace Context Level 3 draft, "Traceresponse
 * Header"): that span must be in the trace. An answer in another trace shows that the context was lost on the way, or that the server is an
 * entry: the trace is noted, and linked if it is sampled. A server that is not sampled promises nothing, which is noted too.
 */
export function notePeer(client: Span, header: string | string[] | undefined): void {
  const [, traceId = '', spanId = '', flags = '00'] = FORMAT.exec(String(header ?? '')) ?? [];
  const sampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0;
  if (!isValidTraceId(traceId) || !isValidSpanId(spanId)) return;
  if (traceId !== client.spanContext().traceId) {
    client.setAttribute(PEER_TRACE, traceId);
    if (sampled) client.addLink({ context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true } });
  } else if (sampled) client.setAttribute(PEER_SPAN, spanId);
  else client.setAttribute(PEER_UNSAMPLED, true);
}
