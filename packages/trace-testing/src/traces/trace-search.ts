/** The criteria of a search. */
export interface TraceSearch {
  readonly service: string;
  readonly operation?: string;
  /** Attributes that a span must have. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. The default is the last hour. */
  readonly from?: number;
  readonly to?: number;
  readonly minDurationMs?: number;
  /** The number of traces, 20 by default. */
  readonly limit?: number;
}

/** The query for `/api/v3/traces`, in the camelCase of Jaeger 2.19 and in the snake_case of earlier versions, and for the older `/api/traces`. */
export function searchParameters(search: TraceSearch): { v3: string; v1: string } {
  const { service, operation = '', attributes, to = Date.now(), from = to - 3_600_000, minDurationMs, limit = 20 } = search;
  const tags = attributes && Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : '';
  const shortest = minDurationMs === undefined ? '' : `${minDurationMs}ms`;
  return {
    v3: filled({
      ...inBothCases({
        'query.serviceName': service,
        'query.operationName': operation,
        'query.startTimeMin': new Date(from).toISOString(),
        'query.startTimeMax': new Date(to).toISOString(),
        'query.durationMin': shortest,
        'query.searchDepth': String(limit),
        'query.rawTraces': 'true',
      }),
      'query.attributes': tags,
      'query.num_traces': String(limit),
    }),
    v1: filled({
      service,
      operation,
      start: String(from * 1000),
      end: String(to * 1000),
      minDuration: shortest,
      tags,
      limit: String(limit),
      raw: 'true',
    }),
  };
}

const inBothCases = (parameters: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => [
      [name, value],
      [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value],
    ]),
  );

const filled = (parameters: Readonly<Record<string, string>>): string =>
  new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== '')).toString();
