/** Attributes to search for, by name. All values are text. */
export type AttributeFilter = Readonly<Record<string, string>>;

const PAIR = /([^\s=]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g;

/** Reads `name=value other="with spaces"`. Returns undefined if the text has anything else. */
export function parseFilter(text: string): AttributeFilter | undefined {
  if (text.replace(PAIR, '').trim() !== '') return undefined;
  return Object.fromEntries(
    [...text.matchAll(PAIR)].map(([, name = '', quoted, bare]) => [name, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '']),
  );
}

/** The text that `parseFilter` reads. */
export const formatFilter = (filter: AttributeFilter): string =>
  Object.entries(filter)
    .map(([name, value]) => `${name}=${/^[^\s"]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`)
    .join(' ');

/** Reads JSON from an address. Anything else is an empty filter. */
export function readFilter(json: string): AttributeFilter {
  try {
    const value: unknown = JSON.parse(json || '{}');
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]))
      : {};
  } catch {
    return {};
  }
}
