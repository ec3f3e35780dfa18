import { BadQuery, BOOLEAN, COUNT, DURATION, INTEGER, TEXTS, TRACE_ID, valueOf } from '../parameters.ts';
import type { Kind } from '../parameters.ts';
import type { SearchQuery } from '../search/search-query.ts';

const DEFAULT_LOOKBACK = 172_800_000_000_000n;
const DEFAULT_LIMIT = 100;

/** The query of `/api/traces`: either certain traces or a search. */
export interface V1Query extends SearchQuery {
  readonly traceIds: readonly string[];
  readonly raw: boolean;
}

/** Reads the query of `/api/traces`. Throws `BadQuery`. */
export function parseV1Query(params: URLSearchParams): V1Query {
  const now = BigInt(Date.now()) * 1_000_000n;
  const startMin = parseUnits(params, 'start', 1_000n, now - DEFAULT_LOOKBACK);
  const startMax = parseUnits(params, 'end', 1_000n, now);
  const attributes = parseTags(params.getAll('tag'), params.getAll('tags'));
  const limit = read(params, 'limit', COUNT) ?? DEFAULT_LIMIT;
  const durationMin = read(params, 'minDuration', DURATION) ?? 0n;
  const durationMax = read(params, 'maxDuration', DURATION) ?? 0n;
  const traceIds = params.getAll('traceID').map((id) => valueOf('traceID', id, TRACE_ID));
  const raw = parseFlag(params, 'raw');
  const service = params.get('service') ?? '';
  if (traceIds.length === 0 && service === '') throw new BadQuery('service or traceID is required');
  if (durationMin !== 0n && durationMax !== 0n && durationMax < durationMin)
    throw new BadQuery('maxDuration should not be less than minDuration');
  const operation = params.get('operation') ?? '';
  return { service, operation, startMin, startMax, durationMin, durationMax, attributes, limit, traceIds, raw };
}

/** A parameter in units of this many nanoseconds, as nanoseconds. */
export function parseUnits(params: URLSearchParams, name: string, unit: bigint, otherwise: bigint): bigint {
  const value = read(params, name, INTEGER);
  return value === undefined ? otherwise : value * unit;
}

/** A parameter that is true or false; false if absent. */
export const parseFlag = (params: URLSearchParams, name: string): boolean => read(params, name, BOOLEAN) ?? false;

function read<T>(params: URLSearchParams, name: string, kind: Kind<T>): T | undefined {
  const text = params.get(name);
  return text ? valueOf(name, text, kind) : undefined;
}

/** Reads `tag=key:value` and `tags={"key":"value"}`. */
function parseTags(simple: readonly string[], json: readonly string[]): ReadonlyMap<string, string> {
  const pairs = simple.map((tag): [string, string] => {
    const [, key = '', value = ''] = /^([^:]*):(.*)$/s.exec(tag) ?? [];
    if (!tag.includes(':')) throw new BadQuery(`tag should be key:value, but is ${JSON.stringify(tag)}`);
    return [key, value];
  });
  return new Map([...pairs, ...json.flatMap((text) => [...valueOf('tags', text, TEXTS)])]);
}
