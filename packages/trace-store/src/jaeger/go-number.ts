import { BadQuery } from './bad-query.ts';

/** Go's `strconv.ParseInt` for base 10 with its messages. Throws `BadQuery`. */
export function parseInteger(text: string, bits: 32 | 64): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new BadQuery(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(bits, value) !== value) throw new BadQuery(`strconv.ParseInt: parsing ${quote(text)}: value out of range`);
  return value;
}

/** Go's `strconv.Atoi` with its messages. Throws `BadQuery`. */
export function parseCount(text: string): number {
  try {
    return Number(parseInteger(text, 64));
  } catch (error) {
    throw error instanceof BadQuery ? new BadQuery(error.message.replace('ParseInt', 'Atoi')) : error;
  }
}

/** Go's `strconv.ParseBool` with its messages. Throws `BadQuery`. */
export function parseBoolean(text: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw new BadQuery(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

/** Text as Go quotes it in a message. */
export const quote = (text: string): string => JSON.stringify(text);
