import { isValidSpanId, isValidTraceId, type Span } from '@opentelemetry/api';
import { notePeer } from '@waymark/context';

const FORMAT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Notes on a CLIENT span which span answered it, from the answer's `traceresponse` (W3C Trace Context Level 3 draft, "Traceresponse
 * Header"). An invalid header is ignored.
 */
export function noteTraceresponse(client: Span, header: string | string[] | undefined): void {
  const [, traceId = '', spanId = '', flags = ''] = FORMAT.exec(String(header ?? '')) ?? [];
  if (!isValidTraceId(traceId) || !isValidSpanId(spanId)) return;
  notePeer(client, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) });
}
