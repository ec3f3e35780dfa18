import { TraceFlags, type Span, type SpanContext } from '@opentelemetry/api';
import { PEER_SPAN, PEER_TRACE, PEER_UNSAMPLED } from '@waymark/semantic-conventions';

/**
 * Notes on the span of a call which span answered it: that span must be in the trace. An answer in another trace shows that the context was
 * lost on the way, or that the other side is an entry: its trace is noted, and linked if it is sampled. An unsampled span will never come,
 * which is noted too.
 */
export function notePeer(call: Span, { traceId, spanId, traceFlags }: SpanContext): void {
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  if (traceId !== call.spanContext().traceId) {
    call.setAttribute(PEER_TRACE, traceId);
    if (sampled) call.addLink({ context: { traceId, spanId, traceFlags, isRemote: true } });
  } else if (sampled) call.setAttribute(PEER_SPAN, spanId);
  else call.setAttribute(PEER_UNSAMPLED, true);
}
