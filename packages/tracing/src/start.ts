import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { getBooleanFromEnv } from '@opentelemetry/core';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import { applyDefaults } from './defaults.ts';
import { countDeliveries, limitWaiting, warnOfLosses, type Deliveries } from './deliveries.ts';
import { exporterFromEnv } from './exporter.ts';
import { SegmentManifest } from './manifest.ts';
import { packageVersion } from './package-version.ts';
import { PreciseStart } from './precise-start.ts';
import { describeQuery, failedQueries } from './sql.ts';
import { propagatorFromEnv, randomFlag } from './trace-context.ts';

/** A running SDK. */
export interface Tracing {
  /** How many spans wait, are delivered to the backend and were lost on the way, so far. */
  readonly deliveries: Readonly<Deliveries>;
  /** Delivers every span that has ended, then stops. Never rejects: a dead backend is reported, not thrown. */
  shutdown(): Promise<void>;
}

let running: Tracing | undefined;

/**
 * Starts OpenTelemetry from the standard OTEL_* variables, once per process: service name, resource, sampler, exporter, batch sizes.
 * With the exporter `none` spans still have ids, so that answers and logs stay correlated. With `OTEL_SDK_DISABLED=true` it does nothing.
 * @throws {Error} for an exporter or protocol that does not exist, and for batch sizes that are no numbers
 */
export function startTracing(): Tracing {
  if (running) return running;
  const deliveries = { waiting: 0, delivered: 0, lost: 0 };
  if (getBooleanFromEnv('OTEL_SDK_DISABLED')) return (running = { deliveries, shutdown: async () => undefined });
  const { env } = process;
  applyDefaults(env);
  const textMapPropagator = propagatorFromEnv(env);
  const sdk = new NodeSDK({
    // OTEL_RESOURCE_ATTRIBUTES wins.
    resource: defaultResource().merge(resourceFromAttributes({ [ATTR_SERVICE_VERSION]: packageVersion(process.argv[1] ?? '') })),
    ...(textMapPropagator && { textMapPropagator }),
    spanProcessors: [randomFlag, failedQueries, new PreciseStart(), new SegmentManifest(), processorFromEnv(env, deliveries)],
    // Polling and migrations run outside any request: their queries would be one-span traces of no use to a reader.
    instrumentations: getNodeAutoInstrumentations({
      '@opentelemetry/instrumentation-pg': { requireParentSpan: true, ignoreConnectSpans: true, requestHook: describeQuery },
    }),
  });
  sdk.start();
  const stop = async (): Promise<void> => {
    await sdk.shutdown().catch(() => undefined);
    warnOfLosses(deliveries, warn);
  };
  let stopped: Promise<void> | undefined;
  running = { deliveries, shutdown: () => (stopped ??= stop()) };
  return running;
}

/** Delivers every span that has ended, then stops the SDK, if `startTracing` started one. Never rejects. */
export async function shutdownTracing(): Promise<void> {
  await running?.shutdown();
}

function processorFromEnv(env: NodeJS.ProcessEnv, deliveries: Deliveries): SpanProcessor {
  const exporter = exporterFromEnv(env);
  if (!exporter) return new NoopSpanProcessor();
  const maxQueueSize = wholeNumber(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 1);
  const batches = new BatchSpanProcessor({
    exporter: countDeliveries(exporter, deliveries, warn),
    maxQueueSize,
    maxExportBatchSize: wholeNumber(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 1),
    scheduledDelayMillis: wholeNumber(env, 'OTEL_BSP_SCHEDULE_DELAY', 0),
    ...(env['OTEL_BSP_EXPORT_TIMEOUT'] && { exportTimeoutMillis: wholeNumber(env, 'OTEL_BSP_EXPORT_TIMEOUT', 1) }),
  });
  return limitWaiting(batches, maxQueueSize, deliveries, warn);
}

function warn(message: string): void {
  process.emitWarning(message, { code: 'WAYMARK_SPANS' });
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, atLeast: number): number {
  const value = Number(env[name]);
  if (Number.isInteger(value) && value >= atLeast) return value;
  throw new Error(`${name} is "${env[name]}"; it takes a whole number from ${atLeast}`);
}
