import { BadQuery } from './bad-query.ts';

/**
 * A trace id of 64 or 128 bits, as a part of a path or a parameter has it, as 32 hex digits in lower case. Throws `BadQuery` with the message of
 * Jaeger 2.20: Go's words for what is not hex, and its own for another length.
 */
export function parseTraceId(text: string): string {
  const [wrong] = /[^0-9a-f]/i.exec(text) ?? [];
  if (wrong !== undefined) throw new BadQuery(`encoding/hex: invalid byte: ${byteOf(wrong)}`);
  if (text.length % 2 === 1) throw new BadQuery('encoding/hex: odd length hex string');
  if (text.length !== 16 && text.length !== 32) throw new BadQuery('invalid length for TraceID');
  return text.toLowerCase().padStart(32, '0');
}

/** The first byte of a character as Go prints it. */
function byteOf(character: string): string {
  const [byte = 0] = Buffer.from(character);
  return `U+${byte.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCharCode(byte)}'`;
}

/** A trace id as Jaeger's v1 API writes it: a 64-bit one in 16 digits. */
export const shortTraceId = (traceId: string): string => traceId.replace(/^0{16}/, '');
