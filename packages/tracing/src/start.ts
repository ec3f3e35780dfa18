import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, NoopSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { applyDefaults } from './defaults.ts';
import { countDeliveries, type Deliveries } from './deliveries.ts';
import { exporterFromEnv } from './exporter.ts';

/** A running SDK. */
export interface Tracing {
  /** Spans delivered to the backend and lost on the way, so far. */
  readonly deliveries: Readonly<Deliveries>;
  /** Delivers every span that has ended, then stops. Never rejects: a dead backend is reported, not thrown. */
  shutdown(): Promise<void>;
}

let running: Tracing | undefined;

/**
 * Starts OpenTelemetry from the standard OTEL_* variables, once per process: service name, resource, sampler, exporter, batch sizes.
 * With the exporter `none` spans still have ids, so that answers and logs stay correlated.
 * @throws {Error} for an exporter or protocol that does not exist
 */
export function startTracing(env: NodeJS.ProcessEnv = process.env): Tracing {
  if (running) return running;
  applyDefaults(env);
  const deliveries = { delivered: 0, lost: 0 };
  const sdk = new NodeSDK({
    spanProcessors: [processorFromEnv(env, deliveries)],
    // Polling and migrations run outside any request: their queries would be one-span traces of no use to a reader.
    instrumentations: getNodeAutoInstrumentations({
      '@opentelemetry/instrumentation-pg': { requireParentSpan: true, ignoreConnectSpans: true },
    }),
  });
  sdk.start();
  running = { deliveries, shutdown: () => sdk.shutdown().catch(() => undefined) };
  return running;
}

/** Delivers every span that has ended, then stops the SDK, if `startTracing` started one. Never rejects. */
export async function shutdownTracing(): Promise<void> {
  await running?.shutdown();
}

function processorFromEnv(env: NodeJS.ProcessEnv, deliveries: Deliveries): SpanProcessor {
  const exporter = exporterFromEnv(env);
  if (!exporter) return new NoopSpanProcessor();
  return new BatchSpanProcessor({
    exporter: countDeliveries(exporter, deliveries, (message) => process.emitWarning(message, { code: 'WAYMARK_SPANS' })),
    maxQueueSize: Number(env['OTEL_BSP_MAX_QUEUE_SIZE']),
    maxExportBatchSize: Number(env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE']),
    scheduledDelayMillis: Number(env['OTEL_BSP_SCHEDULE_DELAY']),
    ...(env['OTEL_BSP_EXPORT_TIMEOUT'] && { exportTimeoutMillis: Number(env['OTEL_BSP_EXPORT_TIMEOUT']) }),
  });
}
