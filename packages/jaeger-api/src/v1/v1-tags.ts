import { attributeText } from '@waymark/span-store';
import type { Attribute } from '@waymark/span-store';

/** A key with a typed value, as Jaeger's v1 API writes it. */
export interface V1Tag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  readonly value: unknown;
}

export const stringTag = (key: string, value: string): V1Tag => ({ key, type: 'string', value });

/** Attributes as v1 tags. Lists and maps, which v1 does not have, become JSON text. */
export const v1Tags = (attributes: readonly Attribute[]): V1Tag[] => attributes.map(v1Tag);

function v1Tag({ key = '', value }: Attribute): V1Tag {
  if ('boolValue' in value) return { key, type: 'bool', value: value['boolValue'] };
  if ('intValue' in value) return { key, type: 'int64', value: exact(value['intValue'] as string) };
  if ('doubleValue' in value) return { key, type: 'float64', value: value['doubleValue'] };
  if ('bytesValue' in value) return { key, type: 'binary', value: value['bytesValue'] };
  return stringTag(key, attributeText(value));
}

/** As in Jaeger, a number that JavaScript cannot hold exactly stays text. */
function exact(integer: string): number | string {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
