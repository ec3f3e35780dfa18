import { BadQuery, naming } from './bad-query.ts';
import { parseDuration } from './go-duration.ts';
import { parseBoolean, parseInteger } from './go-number.ts';
import type { SearchQuery } from './search-query.ts';
import { parseTags } from './tags.ts';
import { parseTraceId } from './trace-id.ts';

const DEFAULT_LOOKBACK = 172_800_000_000_000n;
const DEFAULT_LIMIT = 100;

/** What `/api/traces` was asked: either certain traces or a search. */
export interface V1Query extends SearchQuery {
  readonly traceIds: readonly string[];
  readonly raw: boolean;
}

/** Reads the query of `/api/traces`. Throws `BadQuery` with Jaeger's message. */
export function parseV1Query(params: URLSearchParams): V1Query {
  const now = BigInt(Date.now()) * 1_000_000n;
  const startMin = parseUnits(params, 'start', 1_000n, now - DEFAULT_LOOKBACK);
  const startMax = parseUnits(params, 'end', 1_000n, now);
  const attributes = parseTags(params.getAll('tag'), params.getAll('tags'));
  const limit = params.get('limit') ? Number(parseInteger(params.get('limit') ?? '', 32)) : DEFAULT_LIMIT;
  const durationMin = parseLength(params, 'minDuration');
  const durationMax = parseLength(params, 'maxDuration');
  const traceIds = params.getAll('traceID').map((id) => naming('cannot parse traceID param', () => parseTraceId(id)));
  const raw = parseFlag(params, 'raw');
  const service = params.get('service') ?? '';
  if (traceIds.length === 0 && service === '') throw new BadQuery("parameter 'service' is required");
  if (limit <= 0) throw new BadQuery('invalid parameter: limit must be greater than 0');
  if (durationMin !== 0n && durationMax !== 0n && durationMax < durationMin)
    throw new BadQuery("'maxDuration' should be greater than 'minDuration'");
  const operation = params.get('operation') ?? '';
  return { service, operation, startMin, startMax, durationMin, durationMax, attributes, limit, traceIds, raw };
}

/** A parameter in units of so many nanoseconds, as nanoseconds. */
export function parseUnits(params: URLSearchParams, name: string, unit: bigint, otherwise: bigint): bigint {
  const text = params.get(name);
  return text ? naming(`unable to parse param '${name}'`, () => parseInteger(text, 64) * unit) : otherwise;
}

/** A parameter that is true or false; false when absent. */
export function parseFlag(params: URLSearchParams, name: string): boolean {
  const text = params.get(name);
  return text ? naming(`unable to parse param '${name}'`, () => parseBoolean(text)) : false;
}

function parseLength(params: URLSearchParams, name: string): bigint {
  const text = params.get(name);
  return text ? naming(`unable to parse param '${name}'`, () => parseDuration(text)) : 0n;
}
