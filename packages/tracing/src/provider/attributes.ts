import type { Attributes } from '@opentelemetry/api';
import { AddAttributeDecision, cleanAttributes, maybeAddAttribute } from '@opentelemetry/core';

/** How many attributes are kept, and how long a text among them may be. */
export interface AttributeLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
}

const UNLIMITED: AttributeLimits = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity };

/** A longer list is an object: finding a key in it would take too long. In keys and values. */
const LONGEST_LIST = 64;

// Almost all attributes are short texts and numbers. The rules for the rest are the SDK's, and so is the code.
const isSimple = (value: unknown, longest: number): boolean =>
  typeof value === 'string' ? value.length <= longest : typeof value === 'number' || typeof value === 'boolean';

/** The attributes as a sampler sees them: the valid ones. */
export function validAttributes(given: Attributes | undefined): Attributes {
  return cleanAttributes(given, UNLIMITED).attributes ?? {};
}

/**
 * The attributes of a span. They are a list of keys and values, which is faster to write and to encode than an object, until somebody asks for
 * the object: that can be changed from outside, and counts from then on.
 */
export class SpanAttributes {
  droppedCount = 0;
  readonly #limits: AttributeLimits;
  #list: unknown[] | undefined;
  #object: Attributes | undefined;
  #objectCount = 0;

  /** @param sampled what the sampler adds */
  constructor(given: Attributes | undefined, sampled: Attributes | undefined, limits: AttributeLimits) {
    this.#limits = limits;
    if (sampled || !this.#copy(given)) this.#clean(given, sampled);
  }

  /** Keys and values, one after another; undefined if `object` has them. */
  get list(): readonly unknown[] | undefined {
    return this.#list;
  }

  get object(): Attributes {
    if (this.#object) return this.#object;
    const list = this.#list!;
    const object: Record<string, unknown> = {};
    for (let at = 0; at < list.length; at += 2) object[list[at] as string] = list[at + 1];
    this.#objectCount = list.length / 2;
    this.#list = undefined;
    return (this.#object = object as Attributes);
  }

  get(key: string): unknown {
    const list = this.#list;
    if (!list) return this.#object![key];
    for (let at = 0; at < list.length; at += 2) if (list[at] === key) return list[at + 1];
    return undefined;
  }

  /** Sets an attribute if it is valid, and if it is there already or there is room. */
  set(key: string, value: Attributes[string]): void {
    const list = this.#list;
    if (!list || list.length >= LONGEST_LIST || key === '' || !isSimple(value, this.#limits.attributeValueLengthLimit)) {
      return this.#setInObject(key, value);
    }
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] !== key) continue;
      list[at + 1] = value;
      return;
    }
    if (list.length / 2 < this.#limits.attributeCountLimit) list.push(key, value);
    else this.droppedCount += 1;
  }

  #setInObject(key: string, value: Attributes[string]): void {
    const attributes = this.object;
    const decision = maybeAddAttribute({ key, value, attributes, limits: this.#limits, currentAttributesCount: this.#objectCount });
    if (decision === AddAttributeDecision.ADD_NEW) this.#objectCount += 1;
    if (decision === AddAttributeDecision.DROP_LIMIT_REACHED) this.droppedCount += 1;
  }

  /** Copies attributes that are all simple and few. @returns false if they are not, and nothing was copied */
  #copy(given: Attributes | undefined): boolean {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const list: unknown[] = [];
    for (const key in given) {
      const value = given[key];
      if (value === undefined || !Object.hasOwn(given, key)) continue;
      if (!isSimple(value, attributeValueLengthLimit) || key === '' || list.length >= LONGEST_LIST) return false;
      list.push(key, value);
    }
    if (list.length / 2 > attributeCountLimit) return false;
    this.#list = list;
    return true;
  }

  #clean(given: Attributes | undefined, sampled: Attributes | undefined): void {
    const valid = cleanAttributes(given, UNLIMITED);
    const { attributes = {}, droppedAttributesCount = 0 } = cleanAttributes({ ...valid.attributes, ...sampled }, this.#limits);
    this.#list = undefined;
    this.#object = attributes;
    this.#objectCount = Object.keys(attributes).length;
    this.droppedCount = droppedAttributesCount + (valid.droppedAttributesCount ?? 0);
  }
}
