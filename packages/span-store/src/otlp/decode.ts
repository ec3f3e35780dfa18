import type { Field, Message } from './schema.ts';
import { Wire } from './wire.ts';

/** A message in the shape of its JSON: camelCase names, ids as hex, other bytes as base64, 64-bit numbers as text. */
export interface Json {
  [name: string]: unknown;
}

/**
 * Decodes protobuf bytes into the shape of OTLP/JSON. As in proto3 JSON, fields that are zero are left out. Throws `Malformed`, but never for bytes
 * that `scanRequest` has accepted.
 */
export function decode(message: Message, bytes: Buffer, from = 0, end = bytes.length): Json {
  return decodeMessage(message, new Wire(bytes, from), end);
}

function decodeMessage(message: Message, wire: Wire, end: number): Json {
  const json: Json = {};
  while (wire.at < end) {
    const tag = wire.tag(end);
    const field = message.byNumber[tag >>> 3];
    if (field === undefined || field.wire !== (tag & 7)) wire.skip(tag & 7, end);
    else decodeField(json, field, wire, end);
  }
  for (const field of message.byName.values()) if (field.present) json[field.name] ??= {};
  return json;
}

function decodeField(json: Json, field: Field, wire: Wire, end: number): void {
  const value = field.message === undefined ? decodeScalar(field, wire, end) : decodeInner(field.message, wire, end);
  if (field.repeated) ((json[field.name] ??= []) as unknown[]).push(value);
  else if (field.oneof) {
    // Of several members of a oneof, the last one counts.
    for (const name in json) delete json[name];
    json[field.name] = value;
  } else if (isZero(value)) delete json[field.name];
  else json[field.name] = value;
}

function decodeInner(message: Message, wire: Wire, end: number): Json {
  return decodeMessage(message, wire, wire.lengthEnd(end));
}

const isZero = (value: unknown): boolean => value === 0 || value === '' || value === '0' || value === false;

function decodeScalar(field: Field, wire: Wire, end: number): unknown {
  const { bytes } = wire;
  if (field.wire === 2) {
    const last = wire.lengthEnd(end);
    const from = wire.at;
    wire.at = last;
    if (field.type === 'string') return bytes.toString('utf8', from, last);
    return field.type === 'id' ? idText(bytes, from, last) : bytes.toString('base64', from, last);
  }
  if (field.type === 'int64') return wire.int64(end).toString();
  if (field.type === 'bool') return wire.int64(end) !== 0n;
  if (field.wire === 0) return field.type === 'enum' ? wire.uint32(end) | 0 : wire.uint32(end);
  const from = wire.at;
  wire.step(field.wire === 1 ? 8 : 4, end);
  if (field.type === 'fixed32') return bytes.readUInt32LE(from);
  return field.type === 'fixed64' ? bytes.readBigUInt64LE(from).toString() : doubleJson(bytes.readDoubleLE(from));
}

/** An id as hex. An id of zeros means no id. */
function idText(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('hex', from, to);
  return ZEROS.test(text) ? '' : text;
}
const ZEROS = /^0*$/;

/** `JSON.stringify` writes -0 as 0, which is another number. */
export const NEGATIVE_ZERO: unknown = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('-0');

/** JSON has no infinities and no NaN. Proto3 JSON writes them as text. */
function doubleJson(value: number): unknown {
  if (Object.is(value, -0)) return NEGATIVE_ZERO;
  return Number.isFinite(value) ? value : String(value);
}
