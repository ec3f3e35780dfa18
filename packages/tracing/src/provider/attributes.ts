import type { Attributes } from '@opentelemetry/api';
import { AddAttributeDecision, cleanAttributes, maybeAddAttribute } from '@opentelemetry/core';

/** How many attributes are kept, and how long a text among them may be. */
export interface AttributeLimits {
  readonly attributeCountLimit: number;
  readonly attributeValueLengthLimit: number;
}

/** What a sampler sees. */
export const UNLIMITED: AttributeLimits = { attributeCountLimit: Infinity, attributeValueLengthLimit: Infinity };

/** Attributes within limits, and how many did not fit. */
export interface Kept {
  readonly attributes: Attributes;
  attributeCount: number;
  droppedAttributesCount: number;
}

// Almost all attributes are short texts and numbers. The rules for the rest are the SDK's, and so is the code.
const isSimple = (value: unknown, longest: number): boolean =>
  typeof value === 'string' ? value.length <= longest : typeof value === 'number' || typeof value === 'boolean';

/** Copies the valid attributes, as many as the limits allow. */
export function keep(given: Attributes | undefined, limits: AttributeLimits): Kept {
  const attributes: Attributes = {};
  let attributeCount = 0;
  for (const key in given) {
    if (!Object.hasOwn(given, key) || given[key] === undefined) continue;
    const value = given[key];
    if (!isSimple(value, limits.attributeValueLengthLimit) || key === '' || attributeCount >= limits.attributeCountLimit) {
      return keepAny(given, limits);
    }
    attributes[key] = value;
    attributeCount += 1;
  }
  return { attributes, attributeCount, droppedAttributesCount: 0 };
}

function keepAny(given: Attributes, limits: AttributeLimits): Kept {
  const { attributes = {}, droppedAttributesCount = 0 } = cleanAttributes(given, limits);
  return { attributes, attributeCount: Object.keys(attributes).length, droppedAttributesCount };
}

/** Sets an attribute if it is valid, and replaces its value or has room. */
export function keepOne(kept: Kept, key: string, value: Attributes[string], limits: AttributeLimits): void {
  const { attributes, attributeCount } = kept;
  if (isSimple(value, limits.attributeValueLengthLimit) && key !== '' && attributeCount < limits.attributeCountLimit) {
    if (!Object.hasOwn(attributes, key)) kept.attributeCount += 1;
    attributes[key] = value;
    return;
  }
  const decision = maybeAddAttribute({ key, value, attributes, limits, currentAttributesCount: attributeCount });
  if (decision === AddAttributeDecision.ADD_NEW) kept.attributeCount += 1;
  if (decision === AddAttributeDecision.DROP_LIMIT_REACHED) kept.droppedAttributesCount += 1;
}
