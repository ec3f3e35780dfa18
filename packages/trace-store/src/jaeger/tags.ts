import { BadQuery } from './bad-query.ts';

/** Reads `tag=key:value` and `tags={"key":"value"}`. Throws `BadQuery`. */
export function parseTags(simple: readonly string[], json: readonly string[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const tag of simple) {
    const colon = tag.indexOf(':');
    if (colon < 0) throw new BadQuery(`malformed 'tag' parameter, expecting key:value, received: ${tag}`);
    tags.set(tag.slice(0, colon), tag.slice(colon + 1));
  }
  for (const text of json) {
    for (const [key, value] of parseStringMap("malformed 'tags' parameter, cannot unmarshal JSON", text)) tags.set(key, value);
  }
  return tags;
}

/** Reads a JSON object of texts. Throws `BadQuery` with the given words in front. */
export function parseStringMap(failure: string, text: string): Map<string, string> {
  const parsed = parseJson(failure, text);
  if (parsed === null) return new Map();
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw new BadQuery(`${failure}: it should be an object`);
  const entries = Object.entries(parsed);
  const other = entries.find(([, value]) => typeof value !== 'string');
  if (other !== undefined) throw new BadQuery(`${failure}: the value of ${JSON.stringify(other[0])} should be text`);
  return new Map(entries as [string, string][]);
}

function parseJson(failure: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BadQuery(`${failure}: ${(error as Error).message}`);
  }
}
