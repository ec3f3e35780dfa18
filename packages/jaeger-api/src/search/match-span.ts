import { attributeText, attributesOf } from '@waymark/span-store';
import type { SpanJson, SpanOutlineJson } from '@waymark/span-store';
import { BOOLEAN } from '../parameters.ts';
import type { SearchQuery } from './search-query.ts';

const OK = 1;
const ERROR = 2;
/** `error=true` and `error=false`. */
const CODES: ReadonlyMap<boolean | undefined, number> = new Map([
  [true, ERROR],
  [false, OK],
]);
const STATUSES = ['UNSET', 'OK', 'ERROR'];
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** Whether the name, start and duration of a span match the query. */
export function matchesOutline(query: SearchQuery, span: SpanOutlineJson): boolean {
  if (query.operation !== '' && query.operation !== (span.name ?? '')) return false;
  const start = BigInt(span.startTimeUnixNano ?? 0);
  if (start < query.startMin || start > query.startMax) return false;
  const duration = BigInt(span.endTimeUnixNano ?? 0) - start;
  return (query.durationMin === 0n || duration >= query.durationMin) && (query.durationMax === 0n || duration <= query.durationMax);
}

/** Whether the attributes of a span match the query. As in Jaeger, those of its resource, scope, events and links count too. */
export function matchesAttributes(query: SearchQuery, span: SpanJson, scope: unknown, resource: unknown): boolean {
  return [...query.attributes].every(([key, value]) => {
    const special = SPECIAL.get(key);
    if (special !== undefined) return special(value, span, scope as { name?: string; version?: string });
    if (key.startsWith('resource.')) return has(resource, key.slice('resource.'.length), value);
    return [span, scope, resource, ...(span.events ?? []), ...(span.links ?? [])].some((holder) => has(holder, key, value));
  });
}

type Special = (value: string, span: SpanJson, scope: { name?: string; version?: string }) => boolean;

const SPECIAL: ReadonlyMap<string, Special> = new Map<string, Special>([
  ['error', (value, span) => span.status.code === (CODES.get(BOOLEAN.parse(value)) ?? NaN)],
  ['span.status', (value, span) => (span.status.code ?? 0) === indexIn(STATUSES, value)],
  ['span.kind', (value, span) => (span.kind ?? 0) === indexIn(KINDS, value)],
  ['scope.name', (value, _, scope) => (scope.name ?? '') === value],
  ['scope.version', (value, _, scope) => (scope.version ?? '') === value],
]);

const has = (holder: unknown, key: string, value: string): boolean =>
  attributesOf(holder).some((attribute) => attribute.key === key && attributeText(attribute.value) === value);

/** As in Jaeger, an unknown word means the first one. */
const indexIn = (words: readonly string[], word: string): number => Math.max(0, words.indexOf(word.toUpperCase()));
