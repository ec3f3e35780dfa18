import { BadQuery } from './bad-query.ts';
import { quote } from './go-number.ts';

/** A trace id as people write it, short or in capitals, as 32 hex digits. Throws `BadQuery` with Jaeger's message. */
export function parseTraceId(text: string): string {
  if (text.length > 32) throw new BadQuery(`TraceID cannot be longer than 32 hex characters: ${text}`);
  for (const part of text.length > 16 ? [text.slice(0, -16), text.slice(-16)] : [text]) {
    if (!/^[0-9a-f]+$/i.test(part)) throw new BadQuery(`strconv.ParseUint: parsing ${quote(part)}: invalid syntax`);
  }
  return text.toLowerCase().padStart(32, '0');
}

/** A trace id as Jaeger's v1 API writes it: a 64-bit one in 16 digits. */
export const shortTraceId = (traceId: string): string => traceId.replace(/^0{16}/, '');
