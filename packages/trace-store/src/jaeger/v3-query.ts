import { BadQuery, naming } from './bad-query.ts';
import { parseDuration } from './go-duration.ts';
import { parseBoolean, parseCount } from './go-number.ts';
import { parseTime } from './go-time.ts';
import type { SearchQuery } from './search-query.ts';
import { parseStringMap } from './tags.ts';

const DEFAULT_DEPTH = 100;

/** What `/api/v3/traces` was asked. */
export interface V3Query extends SearchQuery {
  readonly raw: boolean;
}

/** Reads the `query.…` parameters of v3, in camelCase or, as before 2.19, in snake_case. Throws `BadQuery` with Jaeger's message. */
export function parseV3Query(params: URLSearchParams): V3Query {
  const [minName, min] = named(params, 'query.startTimeMin');
  const [maxName, max] = named(params, 'query.startTimeMax');
  if (min === '' || max === '') throw new BadQuery('query.startTimeMin and query.startTimeMax are required');
  const startMin = naming(`malformed parameter ${minName}`, () => parseTime(min));
  const startMax = naming(`malformed parameter ${maxName}`, () => parseTime(max));
  const limit = depth(params);
  const durationMin = read(params, 'query.durationMin', parseDuration) ?? 0n;
  const durationMax = read(params, 'query.durationMax', parseDuration) ?? 0n;
  const raw = read(params, 'query.rawTraces', parseBoolean) ?? false;
  const tags = params.get('query.attributes');
  const attributes = tags ? parseStringMap('malformed parameter query.attributes', tags) : new Map<string, string>();
  const service = named(params, 'query.serviceName')[1];
  const operation = named(params, 'query.operationName')[1];
  return { service, operation, startMin, startMax, durationMin, durationMax, attributes, limit, raw };
}

function depth(params: URLSearchParams): number {
  const name = params.get('query.num_traces') && named(params, 'query.searchDepth')[1] === '' ? 'query.num_traces' : 'query.searchDepth';
  const limit = read(params, name, parseCount) ?? DEFAULT_DEPTH;
  if (limit <= 0) throw new BadQuery('search depth must be greater than 0');
  return limit;
}

/** A parameter read by `parse`; undefined when absent. */
export function read<T>(params: URLSearchParams, camelCase: string, parse: (text: string) => T): T | undefined {
  const [name, text] = named(params, camelCase);
  return text === '' ? undefined : naming(`malformed parameter ${name}`, () => parse(text));
}

/** A parameter under its name in camelCase or, when it is not there, in snake_case; and the name it was looked for last. */
export function named(params: URLSearchParams, camelCase: string): [name: string, text: string] {
  const text = params.get(camelCase);
  if (text) return [camelCase, text];
  const snakeCase = camelCase.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return [snakeCase, params.get(snakeCase) ?? ''];
}
