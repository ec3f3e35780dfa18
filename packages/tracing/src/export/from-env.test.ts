import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backendsFromEnv, limitsFromEnv, usualCompression } from './from-env.ts';
import { retryAfterMs } from './otlp-http-backend.ts';

/** Returns the backends' names for these variables, and the warnings. */
function read(env: NodeJS.ProcessEnv): { backends: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const backends = backendsFromEnv(env, (message) => warnings.push(message)).map(({ name }) => name);
  return { backends, warnings };
}

const OTLP = 'http://localhost:4318/v1/traces';

test.each([
  [{}, [OTLP]],
  [{ OTEL_TRACES_EXPORTER: '' }, [OTLP]],
  [{ OTEL_TRACES_EXPORTER: 'none' }, []],
  [{ OTEL_TRACES_EXPORTER: 'console' }, ['the console']],
  [{ OTEL_TRACES_EXPORTER: 'otlp, console' }, [OTLP, 'the console']],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, ['http://localhost:9411/api/v2/spans']],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, [OTLP]],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://tempo:4318/' }, ['http://tempo:4318/v1/traces']],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://tempo/otlp' }, ['https://tempo/otlp/v1/traces']],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/x', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://y' }, ['http://tempo:4318/x']],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:secret@tempo?key=secret' }, ['http://tempo/v1/traces']],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://user:secret@tempo/?key=secret' }, ['http://tempo/']],
])('%o gives %j, without a warning or a secret', (env, backends) => {
  const got = read(env);
  expect(got.warnings).toEqual([]);
  expect(got.backends.map((name) => name.replace(/\?.*/, ''))).toEqual(backends);
  expect(JSON.stringify(got)).not.toContain('secret');
});

test.each([
  [{ OTEL_TRACES_EXPORTER: 'jaeger' }, [OTLP], 'OTEL_TRACES_EXPORTER has "jaeger"'],
  [{ OTEL_TRACES_EXPORTER: 'jaeger,console' }, ['the console'], 'OTEL_TRACES_EXPORTER has "jaeger"'],
  [{ OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/xml' }, [OTLP], 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "http/xml"'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost' }, [OTLP], 'OTEL_EXPORTER_OTLP_ENDPOINT is "localhost"'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://tempo' }, [OTLP], 'OTEL_EXPORTER_OTLP_ENDPOINT is "ftp://tempo"'],
  [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'brotli' }, [OTLP], 'OTEL_EXPORTER_OTLP_COMPRESSION is "brotli"'],
  [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, [OTLP], 'OTEL_EXPORTER_OTLP_TIMEOUT is "-1"'],
])('%o gives %j, with one warning', (env, backends, warning) => {
  expect(read(env)).toEqual({ backends, warnings: [expect.stringContaining(`${warning}, which is ignored`)] });
});

test.each([
  ['https://otlp.example.com/v1/traces', 'gzip'],
  ['http://collector:4318/v1/traces', 'none'],
  ['https://localhost:4318/v1/traces', 'none'],
  ['https://127.0.0.1:4318/v1/traces', 'none'],
  ['https://[::1]:4318/v1/traces', 'none'],
])('compression for %s is %s, unless a variable says otherwise', (url, compression) => {
  expect(usualCompression(new URL(url))).toBe(compression);
});

test('reads the limits of the queue', () => {
  const defaults = {
    maxQueueBytes: 16 * 2 ** 20,
    maxQueueSize: 65_536,
    maxExportBatchSize: 4_096,
    scheduleDelayMs: 500,
    exportTimeoutMs: 30_000,
  };
  const warnings: string[] = [];
  const limits = (env: NodeJS.ProcessEnv): unknown => limitsFromEnv(env, (message) => warnings.push(message));
  expect(limits({})).toEqual(defaults);
  expect(limits({ WAYMARK_BSP_MAX_QUEUE_BYTES: '1000', OTEL_BSP_MAX_QUEUE_SIZE: '5', OTEL_BSP_SCHEDULE_DELAY: '0' })).toEqual({
    ...defaults,
    maxQueueBytes: 1_000,
    maxQueueSize: 5,
    maxExportBatchSize: 5,
    scheduleDelayMs: 0,
  });
  expect(warnings).toEqual([]);
  expect(limits({ WAYMARK_BSP_MAX_QUEUE_BYTES: '16MB', OTEL_BSP_MAX_QUEUE_SIZE: '0', OTEL_BSP_EXPORT_TIMEOUT: '3e10' })).toEqual(defaults);
  expect(warnings).toHaveLength(3);
});

test('no value of any variable throws', () => {
  const names = ['OTEL_TRACES_EXPORTER', 'OTEL_BSP_MAX_QUEUE_SIZE', 'WAYMARK_BSP_MAX_QUEUE_BYTES'].concat(
    ['ENDPOINT', 'PROTOCOL', 'HEADERS', 'TIMEOUT', 'COMPRESSION'].map((name) => `OTEL_EXPORTER_OTLP_${name}`),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.string(), (name, value) => {
      read({ [name]: value });
      limitsFromEnv({ [name]: value }, () => {});
    }),
  );
});

test.each([
  [undefined, 0],
  ['3', 3_000],
  ['0', 0],
  ['-3', 0],
  ['soon', 0],
  ['Wed, 21 Oct 2026 07:28:10 GMT', 10_000],
  ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
])('Retry-After: %s is %d ms', (header, ms) => {
  expect(retryAfterMs(header, Date.parse('Wed, 21 Oct 2026 07:28:00 GMT'))).toBe(ms);
});
