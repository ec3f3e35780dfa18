import { printable } from '../text.ts';

/** The input is not a trace. The message says what was found instead, and where. */
export class TraceFormatError extends Error {
  override readonly name = 'TraceFormatError';
}

/** An object from JSON or a protobuf decoder. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is an object, and not an array or null. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Describes a value for an error message. The result is short and contains field names but no values. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const names = Object.keys(value);
  if (names.length === 0) return 'an object without fields';
  return `an object with ${names.slice(0, 6).map(clipped).join(', ')}${names.length > 6 ? ', …' : ''}`;
}

/** The value of a field by its camelCase or snake_case name. Versions of Jaeger differ in this. */
export const field = (object: JsonObject, name: string): unknown => object[name] ?? object[snakeCase(name)];

/** A text field. Empty if absent, as in protobuf. */
export function text(object: JsonObject, name: string): string {
  const value = field(object, name) ?? '';
  return typeof value === 'string' ? value : wrong(name, 'text', value);
}

/** A field with a small integer, such as a count or flags. 0 if absent. */
export function count(object: JsonObject, name: string): number {
  const value = Number(integer(field(object, name) ?? 0) ?? wrong(name, 'a whole number', field(object, name)));
  return Number.isSafeInteger(value) ? value : wrong(name, 'a whole number', value);
}

/** A field with a 64-bit integer, as text, number, bigint or `{ low, high }` from a protobuf decoder. 0 if absent. */
export function int64(object: JsonObject, name: string): bigint {
  const value = field(object, name) ?? 0;
  return integer(value) ?? wrong(name, 'a whole number', value);
}

/** A field with an object. Undefined if absent. */
export function object(parent: JsonObject, name: string): JsonObject | undefined {
  const value = field(parent, name) ?? undefined;
  return value === undefined || isObject(value) ? value : wrong(name, 'an object', value);
}

/** A field with a list of objects. Empty if absent. */
export function objects(parent: JsonObject, name: string): readonly JsonObject[] {
  const value = field(parent, name) ?? [];
  if (!Array.isArray(value)) return wrong(name, 'a list', value);
  return value.map((item: unknown) => (isObject(item) ? item : wrong(name, 'a list of objects', item)));
}

/** An integer in any form that decoders return; undefined if it is not one. */
export function integer(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value === 'string') return /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (!isObject(value) || typeof value['low'] !== 'number' || typeof value['high'] !== 'number') return undefined;
  const high = BigInt(value['unsigned'] === true ? value['high'] >>> 0 : value['high'] | 0);
  return (high << 32n) | BigInt(value['low'] >>> 0);
}

export function wrong(name: string, expected: string, value: unknown): never {
  throw new TraceFormatError(`${name} should be ${expected}, but is ${describe(value)}`);
}

const clipped = (name: string): string => JSON.stringify(printable(name.length > 40 ? `${name.slice(0, 39)}…` : name));

const snakeNames = new Map<string, string>();
function snakeCase(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) snakeNames.set(name, (snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  return snake;
}
