import { SCENARIOS } from './scenarios.ts';

const ORDER = '5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a25';
const HOUR = 'start=1763798400000000&end=1763802000000000';
const HOUR_V3 = 'query.start_time_min=2025-11-22T08:00:00Z&query.start_time_max=2025-11-22T09:00:00.5%2B00:00&query.num_traces=50';
const at = (time: string): string =>
  `/api/v3/traces?query.start_time_min=${time}&query.start_time_max=2025-11-23T00:00:00Z&query.num_traces=5`;
const tags = (value: unknown): string => `tags=${encodeURIComponent(JSON.stringify(value))}`;

const V1_SEARCHES = [
  'service=gateway',
  'service=nobody',
  'service=gateway&operation=POST',
  'service=gateway&operation=nothing',
  'service=till&tag=http.response.status_code:402',
  'service=till&tag=http.response.status_code:403',
  `service=till&${tags({ error: 'true' })}`,
  `service=till&${tags({ error: 'false' })}`,
  `service=gateway&${tags({ error: 'true' })}`,
  `service=till&${tags({ 'exception.message': 'refused <b>' })}`,
  `service=kitchen&${tags({ string: 'héllo', 'int.big': '9007199254740993' })}`,
  `service=kitchen&${tags({ array: '["a",1,true]' })}`,
  `service=kitchen&${tags({ 'scope.kind': 'test' })}`,
  'service=long&minDuration=10.009ms&limit=3',
  'service=long&minDuration=1h',
  'service=gateway&maxDuration=1us',
  'service=gateway&minDuration=1ms&maxDuration=1m0.5s',
].map((query) => `/api/traces?${HOUR}&${query}`);

const V1_REFUSED = [
  '',
  'service=gateway&limit=abc',
  'service=gateway&limit=99999999999',
  'service=gateway&start=abc',
  'service=gateway&end=1.5',
  'service=gateway&minDuration=5',
  'service=gateway&minDuration=5x',
  'service=gateway&maxDuration=abc',
  'service=gateway&minDuration=5s&maxDuration=1s',
  'service=gateway&tag=abc',
  'service=gateway&tags=abc',
  `service=gateway&${tags({ a: 1 })}`,
  'service=gateway&raw=maybe',
  'service=gateway&start=5&end=3',
  'traceID=xyz',
  `traceID=${ORDER}&traceID=xyz`,
].map((query) => `/api/traces?${query}`);

const IDS = [
  'xyz',
  '%20',
  `0${ORDER}`,
  `00${ORDER}`,
  ORDER.toUpperCase(),
  'gf0c9d3a7b1e4c2f8a6d0b9e3c7f1a25',
  '5f0c9d3a7b1e4c2f8a6d0b9e3c7f1a2g',
];

const V3_SEARCHES = [
  `/api/v3/traces?${HOUR_V3}&query.raw_traces=true&query.service_name=gateway`,
  `/api/v3/traces?${HOUR_V3}&query.raw_traces=true&query.service_name=till&query.operation_name=pay`,
  `/api/v3/traces?${HOUR_V3}&query.raw_traces=true&query.service_name=nobody`,
  `/api/v3/traces?${HOUR_V3}&query.raw_traces=true&query.service_name=gateway&query.duration_min=1h`,
  '/api/v3/traces',
  '/api/v3/traces?query.start_time_min=2025-11-22T08:00:00Z',
  at('abc'),
  at('2025-11-22'),
  at('2025-13-22T00:00:00Z'),
  at('2025-02-30T00:00:00Z'),
  at('2025-11-22T25:00:00Z'),
  at('2025-11-22T00:00:00'),
  at('2025-11-22T00:00:00Zulu'),
  at('2025-11-22T00-00-00Z'),
  `/api/v3/traces?${HOUR_V3}&query.duration_min=abc`,
  `/api/v3/traces?${HOUR_V3}&query.duration_max=1.5.5s`,
  `/api/v3/traces?${HOUR_V3}&query.raw_traces=maybe`,
  `/api/v3/traces?query.start_time_min=2025-11-22T08:00:00Z&query.start_time_max=2025-11-22T09:00:00Z&query.num_traces=abc`,
];

/**
 * What both are asked, in this order. Questions for adjusted v3 traces come last: Jaeger's memory store changes what it keeps when it
 * adjusts it, so everything asked later would show the changes.
 */
export const QUESTIONS: readonly string[] = [
  '/api/services',
  '/api/v3/services',
  ...['gateway', 'kitchen', 'nobody'].flatMap((service) => [
    `/api/operations?service=${service}`,
    `/api/services/${service}/operations`,
    `/api/v3/operations?service=${service}`,
  ]),
  '/api/operations',
  '/api/operations?service=gateway&spanKind=client',
  '/api/v3/operations',
  '/api/v3/operations?service=gateway&span_kind=client',
  '/api/dependencies?endTs=1763802000000&lookback=3600000',
  '/api/dependencies?endTs=1763802000000&lookback=3600000&service=auth',
  '/api/dependencies?endTs=abc',
  '/api/dependencies?endTs=1763802000000&lookback=abc',
  ...SCENARIOS.map(({ traceId }) => `/api/traces/${traceId}`),
  ...SCENARIOS.map(({ traceId }) => `/api/traces/${traceId}?raw=true`),
  ...SCENARIOS.map(({ traceId }) => `/api/v3/traces/${traceId}?raw_traces=true`),
  ...IDS.flatMap((id) => [`/api/traces/${id}`, `/api/v3/traces/${id}?raw_traces=true`]),
  `/api/traces/${ORDER}?raw=maybe`,
  `/api/traces/${ORDER}?start=abc`,
  `/api/v3/traces/${ORDER}?raw_traces=maybe`,
  `/api/v3/traces/${ORDER}?raw_traces=true&start_time=abc`,
  ...V1_SEARCHES,
  ...V1_REFUSED,
  ...V3_SEARCHES,
  ...SCENARIOS.map(({ traceId }) => `/api/v3/traces/${traceId}`),
];
