import { base64Bytes } from './base64.ts';
import { wrong } from './json.ts';

/**
 * An id in lowercase hex, from any form in which it travels: hex (OTLP/JSON), base64 (protobuf's JSON mapping) or bytes. Text that is
 * none of these is returned as it is, for `verify` to name. `bytes` is the length of a good one: 16 for a trace, 8 for a span.
 */
export function readId(value: unknown, bytes: 8 | 16, name: string): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value) && value.length <= 64 && value.every(isByte)) return hex(value);
  if (typeof value !== 'string') return wrong(name, 'an id', value);
  if (/^[0-9a-f]*$/i.test(value)) return value.toLowerCase();
  // Padding tells base64 from hex: 8 and 16 bytes always have some.
  const decoded = value.endsWith('=') && value.length <= 24 ? base64Bytes(value) : undefined;
  return decoded?.length === bytes ? hex(decoded) : value;
}

/** The id of a parent: absent when empty or all zeros, which OTLP holds for no id at all. */
export function readParentId(value: unknown, name: string): string | undefined {
  const id = readId(value, 8, name);
  return /^0*$/.test(id) ? undefined : id;
}

const isByte = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
const hex = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
