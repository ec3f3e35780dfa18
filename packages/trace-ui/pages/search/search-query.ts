import type { AttributeFilter } from './attribute-filter.ts';

/** The content of the search form. Times are in milliseconds since 1970 and count only if `lookback` is `custom`. */
export interface Search {
  readonly service: string;
  readonly operation: string;
  readonly attributes: AttributeFilter;
  readonly errors: boolean;
  readonly minDuration: string;
  readonly maxDuration: string;
  readonly lookback: string;
  readonly from: number;
  readonly until: number;
  readonly limit: string;
}

/** The search as parameters of Jaeger's `/api/v3` (`TraceQueryParameters`). `now` is in milliseconds since 1970. */
export function apiQuery(search: Search, now: number): URLSearchParams {
  const [from, until] = search.lookback === 'custom' ? [search.from, search.until] : [now - lookbackMs(search.lookback), now + SKEW_MS];
  const attributes = { ...search.attributes, ...(search.errors && { error: 'true' }) };
  const values: Record<string, string> = {
    'query.serviceName': search.service,
    'query.operationName': search.operation,
    'query.attributes': Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : '',
    'query.startTimeMin': new Date(from).toISOString(),
    'query.startTimeMax': new Date(until).toISOString(),
    'query.durationMin': search.minDuration,
    'query.durationMax': search.maxDuration,
    'query.searchDepth': search.limit,
  };
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
}

/** The search in the address, with the names of Jaeger's search page. */
export const addressOf = (search: Search): Readonly<Record<string, string>> => ({
  service: search.service,
  operation: search.operation,
  tags: tagsOf(search),
  minDuration: search.minDuration,
  maxDuration: search.maxDuration,
  lookback: search.lookback,
  start: search.lookback === 'custom' ? String(search.from * 1000) : '',
  end: search.lookback === 'custom' ? String(search.until * 1000) : '',
  limit: search.limit,
});

function tagsOf({ attributes, errors }: Search): string {
  const tags = { ...attributes, ...(errors && { error: 'true' }) };
  return Object.keys(tags).length > 0 ? JSON.stringify(tags) : '';
}

/** Clocks of other hosts may be ahead. */
const SKEW_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `15m`, `1h` or `2d` in milliseconds. Anything else is an hour. */
export function lookbackMs(lookback: string): number {
  const [, count = '1', unit = 'h'] = /^(\d+)([mhd])$/.exec(lookback) ?? [];
  return Number(count) * (UNIT_MS[unit] ?? 0);
}
