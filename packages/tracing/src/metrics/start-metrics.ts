import { isMainThread } from 'node:worker_threads';
import { metrics, type Meter } from '@opentelemetry/api';
import type * as Sdk from '@opentelemetry/sdk-metrics';
import { packageVersion } from '@waymark/context';
import type { Deliveries } from '../export/span-queue.ts';
import type { Resource } from '../provider/interfaces.ts';
import { DEFAULTS } from '../sdk/defaults.ts';
import { knownOf, oneOf, textFrom, wholeNumber, type Env, type Warn } from '../sdk/env.ts';
import { isInstalled, loadOptional, notInstalled } from '../sdk/optional.ts';
import type { DurationHistogram } from './duration-histogram.ts';
import { measureRequests } from './http-durations.ts';
import { observeProcess } from './process-metrics.ts';
import { prometheusReader } from './prometheus.ts';
import { observeSpans } from './span-metrics.ts';

const SDK = '@opentelemetry/sdk-metrics';

const OTLP_EXPORTERS: Readonly<Record<string, string>> = {
  'http/protobuf': '@opentelemetry/exporter-metrics-otlp-proto',
  'http/json': '@opentelemetry/exporter-metrics-otlp-http',
  grpc: '@opentelemetry/exporter-metrics-otlp-grpc',
};

let isOn = false;

/**
 * Returns a meter of OpenTelemetry's API for metrics of your own. Undefined while metrics are off, so that counting then costs a comparison:
 * `const created = meter('shop')?.createCounter('orders'); created?.add(1);`
 */
export function meter(name: string): Meter | undefined {
  return isOn ? metrics.getMeter(name) : undefined;
}

/**
 * Starts the exporters that OTEL_METRICS_EXPORTER names, a comma-separated list of otlp, prometheus and none (default). Nothing of it is
 * loaded if there is none, and in worker threads. Warns of exporters that are not installed, and ignores them.
 * @returns a function that sends the last metrics and stops, or undefined if metrics are off
 */
export function startMetrics(
  resource: Resource,
  deliveries: Readonly<Deliveries>,
  env: Env,
  warn: Warn,
): (() => Promise<void>) | undefined {
  const preset = DEFAULTS.OTEL_METRICS_EXPORTER;
  const names = knownOf(env, 'OTEL_METRICS_EXPORTER', ['otlp', 'prometheus', 'none'], preset, warn).filter((name) => name !== 'none');
  if (names.length === 0 || !isMainThread) return undefined;
  if (!isInstalled(SDK)) {
    warn(`OTEL_METRICS_EXPORTER is ignored: ${notInstalled(SDK)}`);
    return undefined;
  }
  const sdk = loadOptional(SDK) as typeof Sdk;
  const producers = [producerOf(sdk, resource, measureRequests())];
  const readers = names.flatMap((name) =>
    name === 'otlp' ? (otlpReader(sdk, producers, env, warn) ?? []) : scraped(sdk, producers, env, warn),
  );
  // instrumentation-pg counts the connections of all pools as one, and then subtracts those of another.
  const withoutPools: Sdk.ViewOptions = {
    meterName: '@opentelemetry/instrumentation-pg',
    instrumentName: 'db.client.connection.*',
    aggregation: { type: sdk.AggregationType.DROP },
  };
  const provider = new sdk.MeterProvider({ resource, readers, views: [withoutPools] });
  metrics.setGlobalMeterProvider(provider);
  isOn = true;
  observeSpans(deliveries);
  observeProcess();
  return () => provider.shutdown();
}

/** Gives our own histograms to a reader, beside what the SDK has. */
function producerOf(sdk: typeof Sdk, resource: Resource, histograms: readonly DurationHistogram[]): Sdk.MetricProducer {
  const scope = { name: '@waymark/tracing', version: packageVersion(import.meta.filename) ?? '' };
  return {
    collect: async () => ({
      errors: [],
      resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: histograms.map((one) => one.data(sdk)) }] },
    }),
  };
}

function scraped(sdk: typeof Sdk, producers: Sdk.MetricProducer[], env: Env, warn: Warn): Sdk.MetricReader {
  const host = textFrom(env, 'OTEL_EXPORTER_PROMETHEUS_HOST') ?? DEFAULTS.OTEL_EXPORTER_PROMETHEUS_HOST;
  const port = wholeNumber(env, 'OTEL_EXPORTER_PROMETHEUS_PORT', { least: 1, preset: DEFAULTS.OTEL_EXPORTER_PROMETHEUS_PORT }, warn);
  return prometheusReader(sdk.MetricReader, producers, { host, port }, warn);
}

/** The exporter reads OTEL_EXPORTER_OTLP_* by itself. */
function otlpReader(sdk: typeof Sdk, metricProducers: Sdk.MetricProducer[], env: Env, warn: Warn): Sdk.MetricReader | undefined {
  const ofMetrics = 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL';
  const variable = textFrom(env, ofMetrics) ? ofMetrics : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  const protocol = oneOf(env, variable, Object.keys(OTLP_EXPORTERS), DEFAULTS.OTEL_EXPORTER_OTLP_PROTOCOL, warn);
  const name = OTLP_EXPORTERS[protocol] ?? '';
  if (!isInstalled(name)) {
    warn(`OTEL_METRICS_EXPORTER has "otlp", which is ignored: ${notInstalled(name)}`);
    return undefined;
  }
  const { OTLPMetricExporter } = loadOptional(name) as { OTLPMetricExporter: new () => Sdk.PushMetricExporter };
  const interval = { least: 1, preset: DEFAULTS.OTEL_METRIC_EXPORT_INTERVAL };
  return new sdk.PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    metricProducers,
    exportIntervalMillis: wholeNumber(env, 'OTEL_METRIC_EXPORT_INTERVAL', interval, warn),
  });
}
