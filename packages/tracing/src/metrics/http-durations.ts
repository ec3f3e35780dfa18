import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
} from '@opentelemetry/semantic-conventions';
import { DurationHistogram } from './duration-histogram.ts';
import type { Measure } from './measure.ts';

/** The attributes of a span that its metric has too: those with few values. */
const SERVER = [ATTR_HTTP_REQUEST_METHOD, ATTR_URL_SCHEME, ATTR_NETWORK_PROTOCOL_VERSION];
const CLIENT = [ATTR_HTTP_REQUEST_METHOD, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT, 'url.template'];
const OUTCOME = [ATTR_HTTP_ROUTE, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_ERROR_TYPE];

let server: DurationHistogram | undefined;
let client: DurationHistogram | undefined;

/** From now on, requests are measured. Returns their metrics. */
export function measureRequests(): DurationHistogram[] {
  server = new DurationHistogram(METRIC_HTTP_SERVER_REQUEST_DURATION, 'Duration of HTTP server requests.', [...SERVER, ...OUTCOME]);
  client = new DurationHistogram(METRIC_HTTP_CLIENT_REQUEST_DURATION, 'Duration of HTTP client requests.', [...CLIENT, ...OUTCOME]);
  return [server, client];
}

/**
 * Begins to measure a request to this server. Undefined while metrics are off.
 * @param request the attributes of its SERVER span
 */
export function measureServer(request: Attributes): Measure | undefined {
  return server && measure(server, request, SERVER);
}

/**
 * Begins to measure a request that this program sends. Undefined while metrics are off.
 * @param request the attributes of its CLIENT span
 */
export function measureClient(request: Attributes): Measure | undefined {
  return client && measure(client, request, CLIENT);
}

function measure(histogram: DurationHistogram, request: Attributes, names: readonly string[]): Measure {
  const start = performance.now();
  let hasEnded = false;
  return (span, { route, status, errorType }) => {
    if (hasEnded) return;
    hasEnded = true;
    const values = names.map((name) => request[name]);
    values.push(route, status, errorType);
    histogram.record((performance.now() - start) / 1_000, values, span);
  };
}
