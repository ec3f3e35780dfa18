import { expect, test } from '@jest/globals';
import { startTraceStore } from '@waymark/trace-store';
import { isComplete, tracesFrom } from '@waymark/trace-testing';
import { startFaultyService } from './start-service.ts';

test.each<[string, Record<string, string>]>([
  ['http/protobuf', {}],
  ['http/json', {}],
  ['grpc', {}],
  ['grpc', { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }],
])("the SDK's exporter for %s delivers a complete trace to the trace store, with %j", async (protocol, more) => {
  await using undo = new AsyncDisposableStack();
  const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0, memoryMb: 16 }), (one) => one.close());
  const env = {
    OTEL_SERVICE_NAME: 'frontend',
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? store.grpcUrl : store.otlpUrl,
    OTEL_BSP_SCHEDULE_DELAY: '20',
    ...more,
  };
  const frontend = undo.use(await startFaultyService(env));
  const trace = await tracesFrom(store.url).of(await fetch(`${frontend.url}/relay?to=${frontend.url}/ok`), { timeoutMs: 20_000 });
  expect(trace.spans.map(({ service, kind, name }) => `${service} ${kind} ${name}`)).toEqual([
    'frontend SERVER GET /relay',
    'frontend CLIENT GET',
    'frontend SERVER GET /ok',
  ]);
  expect(isComplete(trace)).toMatchObject({ pass: true });
  expect(store.stats()).toMatchObject({ refusedRequests: 0, rejectedSpans: 0 });
});
