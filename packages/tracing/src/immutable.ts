type Scalar = string | number | boolean | null | undefined;

/**
 * What can be copied, frozen and sent as JSON without a change of meaning. Declare records with `type`: an `interface` can be added to
 * elsewhere, so TypeScript does not take it for a plain record.
 */
export type Immutable = Scalar | readonly Immutable[] | PlainRecord;

/** Koa's `ctx` may have properties of any name and type, and would be one of these; but it has a `toJSON`, as have `URL` and `Date`. */
interface PlainRecord {
  readonly [name: string]: Immutable;
  readonly toJSON?: undefined;
}

/** `T`, frozen all the way down. */
export type Frozen<T> = T extends Scalar ? T : { readonly [K in keyof T]: Frozen<T[K]> };

/** Where a value is: the records and arrays that it is in. */
interface Place {
  readonly of: object;
  readonly name: string | number;
  readonly above: Place | undefined;
}

/** The frozen copies that were made here: they need no second one. */
const copies = new WeakSet();

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'undefined']);

/**
 * A copy that nobody can change. Of records it has the enumerable properties with a string for a name.
 * @param owner what the value is for, as the beginning of a sentence
 * @throws {TypeError} for what is no `Immutable`, with the path to it
 */
export function frozenCopy<T extends Immutable>(value: T, owner: string): T {
  const copied = copy(value, owner, '', undefined);
  if (typeof copied === 'object' && copied !== null) copies.add(copied);
  return copied as T;
}

function copy(value: unknown, owner: string, name: string | number, above: Place | undefined): unknown {
  if (value === null || SCALARS.has(typeof value)) return value;
  if (typeof value !== 'object') throw refusal(owner, `a ${typeof value}`, { of: {}, name, above });
  return copies.has(value) ? value : Object.freeze(copyObject(value, owner, { of: value, name, above }));
}

function copyObject(value: object, owner: string, here: Place): object {
  for (let place = here.above; place; place = place.above) {
    if (place.of === value) throw refusal(owner, 'a record that contains itself', here);
  }
  if (Array.isArray(value)) return Array.from(value, (one, at) => copy(one, owner, at, here));
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain record of another realm has another Object.prototype; none is a class's.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw refusal(owner, kindOf(value), here);
  const copied: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(value)) define(copied, name, copy(one, owner, name, here));
  return copied;
}

/** JSON may have a property of this name, and an assignment would set the prototype. */
function define(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true });
  else record[name] = value;
}

function kindOf(value: object): string {
  const { name } = value.constructor;
  return name && name !== 'Object' ? `an instance of ${name}` : 'an object that is no plain record';
}

function refusal(owner: string, what: string, here: Place): TypeError {
  let path = '';
  for (let place: Place | undefined = here; place?.above; place = place.above) {
    path = (typeof place.name === 'number' ? `[${place.name}]` : `.${place.name}`) + path;
  }
  return new TypeError(
    `${owner} is ${what}${path && ` at ${path}`}. It is copied and frozen, so it takes strings, numbers, booleans, null, and arrays and plain records of them: pass those that are needed.`,
  );
}
