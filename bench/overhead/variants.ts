import { createRequire } from 'node:module';

/** How a service is traced. */
export interface Variant {
  readonly name: string;
  /** Modules that are loaded before the program. */
  readonly preloaded: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether the service uses our middleware and interceptor. */
  readonly ours: boolean;
}

const OURS = { preloaded: ['@waymark/tracing/register'], ours: true };
const ratio = (share: string): Record<string, string> => ({
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
  OTEL_TRACES_SAMPLER_ARG: share,
});

/** The control. It runs twice: its difference to itself shows how much equal processes differ. */
export const UNTRACED: Variant = { name: 'no tracing', preloaded: [], env: {}, ours: false };
export const UNTRACED_AGAIN: Variant = { ...UNTRACED, name: 'no tracing, again' };
export const WAYMARK: Variant = { name: 'Waymark', ...OURS, env: {} };
export const ON_SDK: Variant = { name: 'Waymark on the SDK', ...OURS, env: { WAYMARK_TRACING: 'sdk' } };

const PATCHED: Variant = {
  name: 'patched default',
  preloaded: ['@opentelemetry/auto-instrumentations-node/register'],
  env: { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_NODE_RESOURCE_DETECTORS: 'env,host' },
  ours: false,
};
const DATADOG: Variant = { name: 'dd-trace', preloaded: ['dd-trace/initialize.mjs'], env: { DD_TRACE_STARTUP_LOGS: 'false' }, ours: false };

/** All variants; dd-trace is among them if it is installed here. */
export const VARIANTS: readonly Variant[] = [
  UNTRACED,
  WAYMARK,
  // Sent as often as Prometheus usually asks.
  { name: 'Waymark, with metrics', ...OURS, env: { OTEL_METRICS_EXPORTER: 'otlp', OTEL_METRIC_EXPORT_INTERVAL: '15000' } },
  { name: 'Waymark, 10 % sampled', ...OURS, env: ratio('0.1') },
  { name: 'Waymark, 1 % sampled', ...OURS, env: ratio('0.01') },
  ON_SDK,
  PATCHED,
  ...(isInstalled('dd-trace') ? [DATADOG] : []),
  UNTRACED_AGAIN,
];

function isInstalled(name: string): boolean {
  try {
    return Boolean(createRequire(import.meta.url).resolve(name));
  } catch {
    return false;
  }
}
