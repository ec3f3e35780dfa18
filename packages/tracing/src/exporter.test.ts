import { expect, test } from '@jest/globals';
import { exporterFromEnv } from './exporter.ts';

test.each([
  [{}, 'OTLPTraceExporter'],
  [{ OTEL_TRACES_EXPORTER: '' }, 'OTLPTraceExporter'],
  [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'OTLPTraceExporter'],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTLPTraceExporter'],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'WholeMicrosecondsZipkinExporter'],
  [{ OTEL_TRACES_EXPORTER: 'console' }, 'ConsoleSpanExporter'],
])('%o gives a %s', async (env, name) => {
  const exporter = exporterFromEnv(env);
  expect(exporter?.constructor.name).toBe(name);
  await exporter?.shutdown();
});

test('each OTLP protocol has an exporter of its own, and the traces variable wins', () => {
  const protocols = ['http/protobuf', 'http/json', 'grpc'];
  const classes = protocols.map((protocol) => exporterFromEnv({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol })?.constructor);
  const forTraces = exporterFromEnv({ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });

  expect(new Set(classes).size).toBe(3);
  expect(forTraces?.constructor).toBe(classes[2]);
});

test('none is no exporter', () => {
  expect(exporterFromEnv({ OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined();
});

test('what does not exist is refused, with what does', () => {
  expect(() => exporterFromEnv({ OTEL_TRACES_EXPORTER: 'otlp,console' })).toThrow(
    'OTEL_TRACES_EXPORTER is "otlp,console"; it takes otlp, zipkin, console or none',
  );
  expect(() => exporterFromEnv({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/xml' })).toThrow(
    'OTEL_EXPORTER_OTLP_PROTOCOL is "http/xml"; it takes http/protobuf, http/json or grpc',
  );
});
