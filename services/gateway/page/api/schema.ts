import { element } from '@waymark/page-kit/element';

/** The part of JSON Schema that the contracts use. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly default?: string | number | boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

const TYPES = { string: 'text', integer: 'whole number', number: 'number', boolean: 'true or false', array: 'list', object: 'object' };
const FORMATS = { email: 'e-mail address', uuid: 'UUID', 'date-time': 'date and time (UTC)' };

/** Describes the type and bounds of a value: `list of 1 to 20`. */
export function inWords(schema: Schema) {
  const type = schema.format ?? schema.type ?? '';
  const kind = ({ ...TYPES, ...FORMATS } as Record<string, string>)[type] ?? type;
  if (schema.const !== undefined) return `always ${schema.const}`;
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'array') return `list${bounds(' of', schema.minItems, schema.maxItems)}`;
  if (schema.type === 'string') return kind + bounds(',', schema.minLength, schema.maxLength, ' characters');
  return kind + bounds(',', schema.minimum, schema.maximum);
}

function bounds(before: string, least?: number, most?: number, unit = '') {
  // zod writes MAX_SAFE_INTEGER for integers without an upper bound.
  const upper = most === Number.MAX_SAFE_INTEGER ? undefined : most;
  if (least !== undefined && upper !== undefined) return `${before} ${least} to ${upper}${unit}`;
  if (upper !== undefined) return `${before} at most ${upper}${unit}`;
  return least === undefined ? '' : `${before} at least ${least}${unit}`;
}

/** Returns the fields of an object, and of the objects in it, as nested lists. Undefined if there are none. */
export function fields(schema: Schema): HTMLUListElement | undefined {
  const inner = schema.items ?? schema;
  if (!inner.properties) return undefined;
  const items = Object.entries(inner.properties).map(([name, value]) => fieldItem(name, value, inner.required?.includes(name) ?? false));
  return element('ul', { className: 'fields' }, ...items);
}

/** Returns an item for a named value: a field of a body or a parameter. `place`: the place of a parameter, such as `in the path`. */
export function fieldItem(name: string, schema: Schema, required: boolean, place?: string) {
  const words = [place, inWords(schema), !required && 'optional', schema.default !== undefined && `default ${schema.default}`];
  const item = element('li', {}, element('code', {}, name), ` ${words.filter(Boolean).join(', ')}`);
  if (schema.description) item.append(`. ${schema.description}`);
  if (schema.pattern && !schema.format) item.append(', like ', element('code', { className: 'pattern' }, schema.pattern));
  const nested = fields(schema);
  if (nested) item.append(nested);
  return item;
}
