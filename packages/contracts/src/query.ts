import { z } from 'zod';

const DECIMAL = /^(0|[1-9]\d*)$/;

/**
 * A whole number in a query string, from `min` to `max`. Only decimal digits are valid: `Number` alone would also read `0x10`, `1e2`, ` 5` and `+5`.
 * A client may pass the number itself.
 */
export const queryInteger = (min: number, max: number) => {
  const error = `Send a whole number in decimal digits, from ${min} to ${max}`;
  return z.preprocess(fromDecimal, z.int({ error }).min(min, { error }).max(max, { error }));
};

function fromDecimal(value: unknown): unknown {
  return typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
}
