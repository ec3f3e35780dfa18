import { DEFAULT_LIMITS } from '../provider/tracer-provider.ts';

const MIB = 1 << 20;

/** The defaults of the environment variables. A test compares them with the README's table. */
export const DEFAULTS = {
  OTEL_TRACES_EXPORTER: ['otlp'],
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
  OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://localhost:9411/api/v2/spans',
  OTEL_PROPAGATORS: ['tracecontext', 'baggage'],
  OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: DEFAULT_LIMITS.attributeCountLimit,
  OTEL_SPAN_EVENT_COUNT_LIMIT: DEFAULT_LIMITS.eventCountLimit,
  OTEL_SPAN_LINK_COUNT_LIMIT: DEFAULT_LIMITS.linkCountLimit,
  WAYMARK_BSP_MAX_QUEUE_BYTES: 16 * MIB,
  OTEL_BSP_MAX_QUEUE_SIZE: 65_536,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 4_096,
  OTEL_BSP_SCHEDULE_DELAY: 500,
  OTEL_BSP_EXPORT_TIMEOUT: 30_000,
  OTEL_METRICS_EXPORTER: ['none'],
  OTEL_METRIC_EXPORT_INTERVAL: 60_000,
  OTEL_EXPORTER_PROMETHEUS_HOST: 'localhost',
  OTEL_EXPORTER_PROMETHEUS_PORT: 9_464,
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: ['env', 'host', 'serviceinstance'],
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: ['pg', 'runtime-node'],
  WAYMARK_TRACING: 'lean',
} as const;
