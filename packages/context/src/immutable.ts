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

/**
 * The frozen copies that were made here, which need no second one, are known by a private field: nobody sees it or can forge it, and a
 * WeakSet takes ten times as long. What a base class's constructor returns is what the fields are put on.
 */
const Given = function (object: object): object {
  return object;
} as unknown as new (object: object) => object;

class Copied extends Given {
  readonly #copied = true;
  static has(value: object): boolean {
    return #copied in value && value.#copied;
  }
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'undefined']);

/**
 * A copy that nobody can change. Of records it has the enumerable properties with a string for a name.
 * @param owner what the value is for, as the beginning of a sentence
 * @throws {TypeError} for what is no `Immutable`, with the path to it
 */
export function frozenCopy<T extends Immutable>(value: T, owner: string): T {
  return copy(value, owner, '', undefined) as T;
}

function copy(value: unknown, owner: string, name: string | number, above: Place | undefined): unknown {
  if (value === null || SCALARS.has(typeof value)) return value;
  if (typeof value !== 'object') throw refusal(owner, `a ${typeof value}`, { of: {}, name, above });
  return Copied.has(value) ? value : Object.freeze(new Copied(copyObject(value, owner, { of: value, name, above })));
}

function copyObject(value: object, owner: string, here: Place): object {
  for (let place = here.above; place; place = place.above) {
    if (place.of === value) throw refusal(owner, 'a record that contains itself', here);
  }
  // Of any class and with any holes, but the spread is a plain array. `Array.from` takes ten times as long.
  if (Array.isArray(value)) return [...value].map((one, at) => copy(one, owner, at, here));
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain record of another realm has another Object.prototype; none is a class's.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw refusal(owner, kindOf(value), here);
  // JSON may have a property `__proto__`: spread makes it an own one, and an assignment then stays with that.
  const copied: Record<string | symbol, unknown> = { ...value };
  for (const symbol of Object.getOwnPropertySymbols(copied)) delete copied[symbol];
  for (const name of Object.keys(copied)) copied[name] = copy(copied[name], owner, name, here);
  return copied;
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
