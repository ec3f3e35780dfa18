/**
 * A value as JSON: a bigint as a number if that is exact, else as text; bytes as hex. Characters that control a terminal or GitHub Actions (`##[`)
 * are escaped, so the data is the same and the output is safe.
 */
export function json(value: unknown, indent = 2): string {
  return JSON.stringify(value, replace, indent)
    .replaceAll(/[^\P{C}\n]|[\u2028\u2029]/gu, escaped)
    .replaceAll('##[', '##\\u005b');
}

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

function replace(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
