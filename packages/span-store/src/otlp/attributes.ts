import { NEGATIVE_ZERO, type Json } from './decode.ts';

/** An attribute in the shape of OTLP/JSON, as `decode` gives it. */
export interface Attribute {
  key?: string;
  value: Json;
}

type Scalar = string | number | boolean;

/** The attributes of a decoded resource, scope, span, event or link. */
export const attributesOf = (holder: unknown): Attribute[] => ((holder as Json)['attributes'] ?? []) as Attribute[];

/** An attribute value as Jaeger writes and searches it: text as it is, lists and maps as JSON, no value as empty text. */
export function attributeText(value: Json): string {
  if ('arrayValue' in value || 'kvlistValue' in value) return plainJson(value);
  const held = scalar(value);
  return held === undefined ? '' : String(held);
}

/** The value itself, or undefined for a list or map. */
export function scalar(value: Json): Scalar | undefined {
  const [held] = Object.values(value);
  return held === NEGATIVE_ZERO ? '-0' : (held as Scalar | undefined);
}

/** The value as JSON without the names of its types, with sorted keys, as Go writes it. */
function plainJson(value: Json): string {
  if ('arrayValue' in value)
    return `[${inner(value['arrayValue'])
      .map((item) => plainJson(item as Json))
      .join(',')}]`;
  if ('kvlistValue' in value) {
    const entries = new Map(inner(value['kvlistValue']).map((entry) => [(entry as Attribute).key ?? '', (entry as Attribute).value]));
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${sorted.map(([key, item]) => `${goString(key)}:${plainJson(item)}`).join(',')}}`;
  }
  const held = scalar(value);
  if (held === undefined) return 'null';
  const isText = typeof held === 'string' && !('intValue' in value) && value['doubleValue'] !== NEGATIVE_ZERO;
  return isText ? goString(held) : String(held);
}

const inner = (list: unknown): unknown[] => ((list as Json)['values'] ?? []) as unknown[];

/** Go's JSON encoder escapes the two characters that JavaScript once treated as line breaks. */
const goString = (text: string): string =>
  JSON.stringify(text).replace(/[\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
