import { expect, test } from '@jest/globals';
import { applyDefaults } from './defaults.ts';

const filled = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => (applyDefaults(env), env);

test('what is unset is filled in, and empty counts as unset', () => {
  expect(filled({ OTEL_BSP_MAX_QUEUE_SIZE: '' })).toMatchObject({
    OTEL_BSP_MAX_QUEUE_SIZE: '65536',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4096',
    OTEL_BSP_SCHEDULE_DELAY: '500',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pg,runtime-node',
  });
});

test('what is set stays', () => {
  expect(filled({ OTEL_METRICS_EXPORTER: 'otlp', OTEL_BSP_SCHEDULE_DELAY: '0' })).toMatchObject({
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_BSP_SCHEDULE_DELAY: '0',
  });
});

test('the queue is at most 30 batches, which is as many as one flush sends at once', () => {
  const { OTEL_BSP_MAX_QUEUE_SIZE: queue, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: batch } = filled({});
  expect(Number(queue) / Number(batch)).toBeLessThanOrEqual(30);
});
