import { BadQuery, BOOLEAN, COUNT, DURATION, TEXTS, TIME, valueOf } from '../parameters.ts';
import type { Kind } from '../parameters.ts';
import type { SearchQuery } from '../search/search-query.ts';

const DEFAULT_DEPTH = 100;

/** The query of `/api/v3/traces`. */
export interface V3Query extends SearchQuery {
  readonly raw: boolean;
}

/** Reads the `query.…` parameters of v3, in camelCase or, as before 2.19, in snake_case. Throws `BadQuery`. */
export function parseV3Query(params: URLSearchParams): V3Query {
  const [minName, min] = named(params, 'query.startTimeMin');
  const [maxName, max] = named(params, 'query.startTimeMax');
  if (min === '' || max === '') throw new BadQuery('query.startTimeMin and query.startTimeMax are required');
  const startMin = valueOf(minName, min, TIME);
  const startMax = valueOf(maxName, max, TIME);
  const limit = read(params, 'query.searchDepth', COUNT) ?? read(params, 'query.num_traces', COUNT) ?? DEFAULT_DEPTH;
  const durationMin = read(params, 'query.durationMin', DURATION) ?? 0n;
  const durationMax = read(params, 'query.durationMax', DURATION) ?? 0n;
  const raw = read(params, 'query.rawTraces', BOOLEAN) ?? false;
  const attributes = read(params, 'query.attributes', TEXTS) ?? new Map<string, string>();
  const service = named(params, 'query.serviceName')[1];
  const operation = named(params, 'query.operationName')[1];
  return { service, operation, startMin, startMax, durationMin, durationMax, attributes, limit, raw };
}

/** The value of a parameter; undefined if absent. */
export function read<T>(params: URLSearchParams, camelCase: string, kind: Kind<T>): T | undefined {
  const [name, text] = named(params, camelCase);
  return text === '' ? undefined : valueOf(name, text, kind);
}

/** The text of a parameter in camelCase or else in snake_case, and the name that was used. */
export function named(params: URLSearchParams, camelCase: string): [name: string, text: string] {
  const text = params.get(camelCase);
  if (text) return [camelCase, text];
  const snakeCase = camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [snakeCase, params.get(snakeCase) ?? ''];
}
