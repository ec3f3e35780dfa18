import { Malformed } from './malformed.ts';
import type { Field, Message } from './schema.ts';
import { KeyValue } from './schema.ts';
import { WireWriter } from './wire-writer.ts';

/** How deep attribute values may nest; the check of protobuf bodies has the same bound. */
export const MAX_DEPTH = 64;

/**
 * Encodes OTLP/JSON as protobuf, so that the store has one form of everything. Reads camelCase and snake_case names, numbers as numbers or
 * text, enums as numbers or names, and passes over unknown fields, as the OTLP/JSON encoding asks. Throws `Malformed`.
 */
export function encode(message: Message, json: unknown): Buffer {
  const writer = new WireWriter();
  encodeMessage(writer, message, json, 0);
  return writer.bytes();
}

function encodeMessage(writer: WireWriter, message: Message, json: unknown, depth: number): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Malformed(`${message.name} should be an object`);
  if (depth > MAX_DEPTH) throw new Malformed(`the request is nested deeper than ${MAX_DEPTH} levels`);
  for (const [name, value] of Object.entries(json)) {
    const field = message.byName.get(name) ?? message.byName.get(camelCase(name));
    if (field === undefined || value === null || value === undefined) continue;
    if (!field.repeated) encodeField(writer, field, value, depth);
    else if (Array.isArray(value)) for (const item of value) encodeField(writer, field, item, depth);
    else throw new Malformed(`${message.name}.${field.name} should be a list`);
  }
}

function encodeField(writer: WireWriter, field: Field, value: unknown, depth: number): void {
  const { message } = field;
  if (message === undefined) encodeScalar(writer, field, value);
  else writer.message(field.number, () => encodeMessage(writer, message, value, message === KeyValue ? depth : depth + 1));
}

function encodeScalar(writer: WireWriter, field: Field, value: unknown): void {
  switch (field.type) {
    case 'string':
      return writer.length(field.number, Buffer.from(text(field, value), 'utf8'));
    case 'bytes':
      return writer.length(field.number, Buffer.from(text(field, value), 'base64'));
    case 'id':
      return writer.length(field.number, id(field, value));
    case 'bool':
      return writer.varint(field.number, boolean(field, value) ? 1n : 0n);
    case 'int64':
      return writer.varint(field.number, integer(field, value, -(1n << 63n), (1n << 63n) - 1n));
    case 'uint32':
      return writer.varint(field.number, integer(field, value, 0n, 0xffffffffn));
    case 'enum':
      return writer.varint(field.number, enumNumber(field, value));
    case 'fixed64':
      return writer.fixed64(field.number, integer(field, value, 0n, (1n << 64n) - 1n));
    case 'fixed32':
      return writer.fixed32(field.number, Number(integer(field, value, 0n, 0xffffffffn)));
    case 'double':
      return writer.double(field.number, double(field, value));
    case 'message':
      throw new TypeError('a message is no scalar');
  }
}

const text = (field: Field, value: unknown): string => (typeof value === 'string' ? value : wrong(field, 'text'));

const boolean = (field: Field, value: unknown): boolean => (typeof value === 'boolean' ? value : wrong(field, 'true or false'));

function id(field: Field, value: unknown): Buffer {
  const hex = text(field, value);
  return hex.length % 2 === 0 && /^[0-9a-f]*$/i.test(hex) ? Buffer.from(hex, 'hex') : wrong(field, 'hex digits');
}

function integer(field: Field, value: unknown, least: bigint, most: bigint): bigint {
  const whole = typeof value === 'number' ? Number.isInteger(value) : typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!whole) return wrong(field, 'a whole number');
  const number = BigInt(value as string | number);
  return number >= least && number <= most ? number : wrong(field, `between ${least} and ${most}`);
}

function double(field: Field, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number') return wrong(field, 'a number');
  return Number.isNaN(number) && value !== 'NaN' ? wrong(field, 'a number') : number;
}

const ENUMS: Record<string, readonly string[]> = {
  kind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((name) => `SPAN_KIND_${name}`),
  code: ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`),
};

function enumNumber(field: Field, value: unknown): bigint {
  const named = typeof value === 'string' ? (ENUMS[field.name]?.indexOf(value) ?? -1) : -1;
  return named >= 0 ? BigInt(named) : integer(field, value, -(1n << 31n), (1n << 31n) - 1n);
}

function wrong(field: Field, expected: string): never {
  throw new Malformed(`${field.name} should be ${expected}`);
}

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
