import type { Attributes, AttributeValue } from '../attribute.ts';
import { base64Bytes } from './base64.ts';
import { field, integer, isObject, object, objects, text, TraceFormatError, wrong } from './json.ts';
import type { JsonObject } from './json.ts';

/** The deepest nesting of arrays and maps that is read, because the call stack is limited. Real values nest once or twice. */
const MAX_DEPTH = 32;

/** Reads attributes from an OTLP `repeated KeyValue` field. If a name occurs twice, the last value wins. */
export function readAttributes(parent: JsonObject, name = 'attributes', depth = 0): Attributes {
  // No prototype, so that an attribute can have the name `__proto__` or `constructor`.
  const attributes: Record<string, AttributeValue> = Object.create(null) as Record<string, AttributeValue>;
  for (const pair of objects(parent, name)) attributes[text(pair, 'key')] = readValue(object(pair, 'value'), depth);
  return Object.freeze(attributes);
}

/** Reads an OTLP `AnyValue`. */
function readValue(any: JsonObject | undefined, depth: number): AttributeValue {
  if (depth > MAX_DEPTH) throw new TraceFormatError(`an attribute nests deeper than ${MAX_DEPTH} levels`);
  for (const [name, read] of Object.entries(variants)) {
    const value = any && field(any, name);
    if (value !== undefined && value !== null) return read(value, depth + 1);
  }
  return null;
}

const variants: Readonly<Record<string, (value: unknown, depth: number) => AttributeValue>> = {
  stringValue: (value) => (typeof value === 'string' ? value : wrong('stringValue', 'text', value)),
  boolValue: (value) => (typeof value === 'boolean' ? value : wrong('boolValue', 'true or false', value)),
  intValue: (value) => integer(value) ?? wrong('intValue', 'a whole number', value),
  doubleValue: readDouble,
  arrayValue: (value, depth) => Object.freeze(objects(inside('arrayValue', value), 'values').map((item) => readValue(item, depth))),
  kvlistValue: (value, depth) => readAttributes(inside('kvlistValue', value), 'values', depth),
  bytesValue: readBytes,
};

const inside = (name: string, value: unknown): JsonObject => (isObject(value) ? value : wrong(name, 'an object', value));

/** JSON has no NaN or Infinity, so protobuf's JSON mapping writes them as text. */
function readDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return Number.isNaN(number) && value !== 'NaN' ? wrong('doubleValue', 'a number', value) : number;
}

function readBytes(value: unknown): Readonly<Uint8Array> {
  if (value instanceof Uint8Array) return value.slice();
  return (typeof value === 'string' ? base64Bytes(value) : undefined) ?? wrong('bytesValue', 'base64', value);
}
