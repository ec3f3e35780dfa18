import type { Span } from '@opentelemetry/api';
import { notePeer } from '@waymark/context';

const FORMAT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Notes on a CLIENT span which span answered it, from the answer's `traceresponse` (W3C Trace Context Level 3 draft, "Traceresponse
 * Header"). An invalid header is ignored.
 */
export function noteTraceresponse(client: Span, header: string | string[] | undefined): void {
  if (header === undefined) return;
  const found = FORMAT.exec(String(header));
  if (found) notePeer(client, { traceId: found[1]!, spanId: found[2]!, traceFlags: Number.parseInt(found[3]!, 16) });
}
