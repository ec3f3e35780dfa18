import { base64Bytes } from './base64.ts';
import { wrong } from './json.ts';

/**
 * Reads an id as lowercase hex, from hex (OTLP/JSON), base64 (protobuf's JSON mapping) or bytes. Other text is returned unchanged, so that
 * `verify` can report it. `bytes` is the length of a valid id: 16 for a trace, 8 for a span.
 */
export function readId(value: unknown, bytes: 8 | 16, name: string): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value) && value.length <= 64 && value.every(isByte)) return hex(value);
  if (typeof value !== 'string') return wrong(name, 'an id', value);
  if (/^[0-9a-f]*$/i.test(value)) return value.toLowerCase();
  // Base64 of 8 or 16 bytes always ends with padding. Hex never does.
  const decoded = value.endsWith('=') && value.length <= 24 ? base64Bytes(value) : undefined;
  return decoded?.length === bytes ? hex(decoded) : value;
}

/** Reads a parent id. Undefined if it is empty or all zeros, which means "no id" in OTLP. */
export function readParentId(value: unknown, name: string): string | undefined {
  const id = readId(value, 8, name);
  return /^0*$/.test(id) ? undefined : id;
}

const isByte = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
const hex = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
