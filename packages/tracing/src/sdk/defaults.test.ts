import { expect, test } from '@jest/globals';
import { applyDefaults } from './defaults.ts';

const filled = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => (applyDefaults(env), env);

test('what is unset is filled in, and empty counts as unset', () => {
  expect(filled({ OTEL_LOGS_EXPORTER: '' })).toMatchObject({
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pg,runtime-node',
  });
});

test('what is set stays', () => {
  expect(filled({ OTEL_METRICS_EXPORTER: 'otlp', OTEL_SEMCONV_STABILITY_OPT_IN: 'http' })).toMatchObject({
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_SEMCONV_STABILITY_OPT_IN: 'http',
  });
});
