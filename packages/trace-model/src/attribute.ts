/**
 * A value of an attribute, with every type of OTLP's `AnyValue` told apart: text, bool, int (`bigint`), double (`number`), bytes, array,
 * map, and `null` for a value that was not set.
 */
export type AttributeValue = string | boolean | bigint | number | Readonly<Uint8Array> | null | readonly AttributeValue[] | Attributes;

/** Attributes by name. */
export interface Attributes {
  readonly [name: string]: AttributeValue;
}

/** The attribute in which a trace store names those beside it whose values it cut because they were too long. */
export const TRUNCATED = 'waymark.truncated';

/** The attribute in which a trace store says on a trace's first span how many more spans came that it did not keep. */
export const DROPPED_SPANS = 'waymark.trace.dropped_spans';

/** An attribute's value for people: text as it is, an array or a map as JSON would write it, bytes in hex. */
export function attributeText(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : json(value ?? null);
}

/** The number that an int or a double attribute holds, or undefined for any other. */
export function attributeNumber(value: AttributeValue | undefined): number | undefined {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : undefined;
}

/** Whether the value is bytes, which `Array.isArray` and `typeof` cannot tell from a map. */
export const isBytes = (value: unknown): value is Readonly<Uint8Array> => value instanceof Uint8Array;

/** Whether the value is an array of values. */
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
