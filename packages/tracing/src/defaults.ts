/**
 * What the standard variables mean when nobody sets them. The queue is large and flushed often, so that a saturated
 * service loses no span to a slow backend: the SDK's own defaults (2048 spans, 5 s) lose a third of them at a round trip of 20 ms.
 */
const DEFAULTS = {
  OTEL_BSP_MAX_QUEUE_SIZE: '65536',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4096',
  OTEL_BSP_SCHEDULE_DELAY: '500',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  // Patched: only what has no middleware or interceptor of ours.
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pg,runtime-node',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,serviceinstance',
  OTEL_SEMCONV_STABILITY_OPT_IN: 'http,database',
};

/** Fills the unset OTEL_* variables of `env` with Waymark's defaults; an empty one counts as unset (OpenTelemetry environment variables). */
export function applyDefaults(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(DEFAULTS)) env[name] ||= value;
}
