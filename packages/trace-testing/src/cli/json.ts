/** A value as indented JSON: a bigint as a number where that is exact, else as text; bytes as hex. */
export function json(value: unknown): string {
  return JSON.stringify(value, replace, 2);
}

function replace(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
