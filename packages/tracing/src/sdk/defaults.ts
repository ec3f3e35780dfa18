/** What the standard variables mean when nobody sets them. Those of the queue (OTEL_BSP_*) are in export/from-env.ts. */
const DEFAULTS = {
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
