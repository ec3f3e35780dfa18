import { printable } from '../text.ts';

/** Something that was expected to be a trace and is not; the message says what was seen and where. */
export class TraceFormatError extends Error {
  override readonly name = 'TraceFormatError';
}

/** An object as JSON or a protobuf decoder gives it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether the value is an object, and not a list, text, or nothing. */
export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a value looks like, for an error message: short, and without any of its content but the names of its fields. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  const names = Object.keys(value);
  if (names.length === 0) return 'an object without fields';
  return `an object with ${names.slice(0, 6).map(clipped).join(', ')}${names.length > 6 ? ', …' : ''}`;
}

/** The field, under its camelCase name or that name in snake_case: Jaeger has written either. */
export const field = (object: JsonObject, name: string): unknown => object[name] ?? object[snakeCase(name)];

/** A field that holds text; empty when absent, as in protobuf. */
export function text(object: JsonObject, name: string): string {
  const value = field(object, name) ?? '';
  return typeof value === 'string' ? value : wrong(name, 'text', value);
}

/** A field that holds a small whole number, such as a count or flags; 0 when absent. */
export function count(object: JsonObject, name: string): number {
  const value = Number(integer(field(object, name) ?? 0) ?? wrong(name, 'a whole number', field(object, name)));
  return Number.isSafeInteger(value) ? value : wrong(name, 'a whole number', value);
}

/** A field that holds a 64-bit whole number, as text, a number, a bigint or a protobuf decoder's `{ low, high }`; 0 when absent. */
export function int64(object: JsonObject, name: string): bigint {
  const value = field(object, name) ?? 0;
  return integer(value) ?? wrong(name, 'a whole number', value);
}

/** A field that holds an object; undefined when absent. */
export function object(parent: JsonObject, name: string): JsonObject | undefined {
  const value = field(parent, name) ?? undefined;
  return value === undefined || isObject(value) ? value : wrong(name, 'an object', value);
}

/** A field that holds a list of objects; empty when absent. */
export function objects(parent: JsonObject, name: string): readonly JsonObject[] {
  const value = field(parent, name) ?? [];
  if (!Array.isArray(value)) return wrong(name, 'a list', value);
  return value.map((item: unknown) => (isObject(item) ? item : wrong(name, 'a list of objects', item)));
}

/** A whole number in any of the forms a decoder gives, or undefined. */
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
