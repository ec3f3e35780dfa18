/**
 * An attribute value. Each type of OTLP's `AnyValue` has its own JavaScript type: string, boolean, int (`bigint`), double (`number`), bytes,
 * array, map, and `null` for a value that was not set.
 */
export type AttributeValue = string | boolean | bigint | number | Readonly<Uint8Array> | null | readonly AttributeValue[] | Attributes;

/** Attributes by name. */
export interface Attributes {
  readonly [name: string]: AttributeValue;
}

/** Formats an attribute value for people: strings as they are, arrays and maps like JSON, bytes in hex. */
export function attributeText(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : json(value ?? null);
}

/** The value of an int or double attribute as a number; undefined for other types. */
export function attributeNumber(value: AttributeValue | undefined): number | undefined {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
}

/** Whether the value is bytes. (`Array.isArray` and `typeof` cannot distinguish bytes from a map.) */
export const isBytes = (value: unknown): value is Readonly<Uint8Array> => value instanceof Uint8Array;

/** Whether the value is an array. */
export const isArray = (value: AttributeValue): value is readonly AttributeValue[] => Array.isArray(value);

function json(value: AttributeValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (isBytes(value)) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (isArray(value)) return `[${value.map(json).join(',')}]`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${json(inner)}`)
    .join(',')}}`;
}
