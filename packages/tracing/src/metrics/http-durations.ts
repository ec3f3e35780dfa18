import { metrics, type Attributes, type Context, type MetricOptions } from '@opentelemetry/api';
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
import { ExemplarHistogram, type Exemplar } from './exemplars.ts';

/** The edges that the semantic conventions advise, and 0.8 s, which latency objectives use. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 0.8, 1, 2.5, 5, 7.5, 10];

let server: ExemplarHistogram | undefined;
let client: ExemplarHistogram | undefined;

/** From now on, requests are measured, if OpenTelemetry's API has a meter provider. */
export function measureRequests(): void {
  const meter = metrics.getMeter('@waymark/tracing');
  const histogram = (name: string, description: string): ExemplarHistogram => {
    const options: MetricOptions = { unit: 's', description, advice: { explicitBucketBoundaries: BOUNDS } };
    return new ExemplarHistogram(meter.createHistogram(name, options), BOUNDS);
  };
  server = histogram(METRIC_HTTP_SERVER_REQUEST_DURATION, 'Duration of HTTP server requests.');
  client = histogram(METRIC_HTTP_CLIENT_REQUEST_DURATION, 'Duration of HTTP client requests.');
}

/** The exemplars of a series of either metric. */
export function exemplarsOf(metric: string, attributes: Attributes): readonly (Exemplar | undefined)[] {
  if (metric === METRIC_HTTP_SERVER_REQUEST_DURATION) return server?.of(attributes) ?? [];
  return metric === METRIC_HTTP_CLIENT_REQUEST_DURATION ? (client?.of(attributes) ?? []) : [];
}

/** How a request ended. What is not known is left out. */
export interface Outcome {
  route?: string | undefined;
  status?: number | undefined;
  errorType?: string | undefined;
}

/** Records the duration of a request in the context of its span, once: a request may be said to have ended twice. */
export type Measure = (context: Context, outcome: Outcome) => void;

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

/** The attributes of a span that its metric has too: those with few values. */
const SERVER = [ATTR_HTTP_REQUEST_METHOD, ATTR_URL_SCHEME, ATTR_NETWORK_PROTOCOL_VERSION];
const CLIENT = [ATTR_HTTP_REQUEST_METHOD, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT, 'url.template'];

function measure(histogram: ExemplarHistogram, request: Attributes, names: readonly string[]): Measure {
  const start = performance.now();
  let hasEnded = false;
  return (context, { route, status, errorType }) => {
    if (hasEnded) return;
    hasEnded = true;
    const attributes: Attributes = {};
    for (const name of names) if (request[name] !== undefined) attributes[name] = request[name];
    if (route) attributes[ATTR_HTTP_ROUTE] = route;
    if (status) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = status;
    if (errorType) attributes[ATTR_ERROR_TYPE] = errorType;
    histogram.record((performance.now() - start) / 1_000, attributes, context);
  };
}
