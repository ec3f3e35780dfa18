import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { runProgram } from '../testing/run-program.ts';
import { serve } from '../testing/http-server.ts';
import { traceBackend, type Trouble } from '../testing/trace-backend.ts';

// Each test starts one or two Node processes, which takes seconds on a busy machine.
jest.setTimeout(30_000);

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

const otlp = (origin: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: origin,
});

const none = { queueFull: 0, refused: 0, shutdown: 0 };

async function deadOrigin(): Promise<string> {
  await using server = await serve(() => {});
  return server.origin;
}

test.each(['http/protobuf', 'http/json'])('the standard variables set the service and the backend: %s', async (protocol) => {
  await using backend = await traceBackend();
  const ran = await runProgram({
    ...otlp(backend.origin),
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_SERVICE_NAME: 'order',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  });

  expect(ran).toMatchObject({ code: 0, errors: '' });
  expect(backend.received.paths).toEqual(new Set(['/v1/traces']));
  expect(backend.received.scopes).toEqual(new Set([`@waymark/context ${version}`]));
  expect(backend.received.resource).toMatchObject({
    'service.name': 'order',
    'deployment.environment.name': 'test',
    'service.version': version,
    'host.name': expect.any(String),
    'service.instance.id': expect.any(String),
  });
  const [span] = backend.received.spans;
  expect(span?.name).toBe('work 0');
  expect(ran.printed?.carrier['traceparent']).toContain(span?.traceId);
  // W3C trace flags are the lowest byte.
  expect((span?.flags ?? 0) & 0xff).toBe(0b11);
});

test.each([
  ['from the nearest package.json that has one', {}, '7.1.0'],
  ['from OTEL_RESOURCE_ATTRIBUTES, if set', { OTEL_RESOURCE_ATTRIBUTES: 'service.version=2025-11-25' }, '2025-11-25'],
])('the version of the service is %s', async (_what, env, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'waymark-'));
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'package.json'), '{"name":"shop","version":"7.1.0"}');
  await writeFile(join(folder, 'src/package.json'), '{"type":"module"}');
  const main = join(folder, 'src/main.ts');
  await writeFile(
    main,
    `import { span } from ${JSON.stringify(new URL('../index.ts', import.meta.url).href)}; await span('work', () => 1);`,
  );
  await using backend = await traceBackend();
  expect(await runProgram({ ...otlp(backend.origin), ...env }, { program: main })).toMatchObject({ code: 0, errors: '' });
  await rm(folder, { recursive: true });

  expect(backend.received.resource['service.version']).toBe(expected);
});

test.each([
  ['lean', '@waymark/tracing'],
  ['sdk', 'opentelemetry'],
])('spans name the SDK that made them: with WAYMARK_TRACING=%s, %s', async (tracing, name) => {
  await using backend = await traceBackend();
  expect(await runProgram({ ...otlp(backend.origin), WAYMARK_TRACING: tracing })).toMatchObject({ code: 0, errors: '' });
  expect(backend.received.resource).toMatchObject({ 'telemetry.sdk.name': name, 'telemetry.sdk.version': expect.stringMatching(/^\d/) });
});

test('delivers 10,000 spans that ended right before the shutdown, none twice', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram(otlp(backend.origin), { spans: 10_000 });

  expect(new Set(backend.received.spans.map(({ name }) => name)).size).toBe(10_000);
  expect(backend.received.spans).toHaveLength(10_000);
  expect(ran).toMatchObject({ code: 0, printed: { deliveries: { waiting: 0, delivered: 10_000, lost: 0, lostBy: none } } });
});

test('a program that ends without a shutdown loses no spans', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram(otlp(backend.origin), { spans: 3, how: 'end' });

  expect(ran.code).toBe(0);
  expect(backend.received.spans).toHaveLength(3);
});

test('without an exporter, spans have ids and nothing is sent', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram({ ...otlp(backend.origin), OTEL_TRACES_EXPORTER: 'none' });

  expect(ran).toMatchObject({ code: 0, errors: '' });
  expect(ran.printed?.carrier['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
  expect(backend.received.paths.size).toBe(0);
});

test('spans that are not sampled have ids and are not sent', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram({ ...otlp(backend.origin), OTEL_TRACES_SAMPLER: 'always_off' });

  expect(ran.printed?.carrier['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
  expect(backend.received.spans).toEqual([]);
});

test('the zipkin exporter sends to OTEL_EXPORTER_ZIPKIN_ENDPOINT', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram(
    { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${backend.origin}/api/v2/spans` },
    { spans: 2 },
  );

  expect(backend.received.paths).toEqual(new Set(['/api/v2/spans']));
  expect(backend.received.zipkin.map(({ name }) => name).sort()).toEqual(['work 0', 'work 1']);
  expect(ran.printed?.deliveries).toEqual({ waiting: 0, delivered: 2, lost: 0, lostBy: none });
});

const hang: Trouble = () => undefined;
const reset: Trouble = ({ socket }) => socket.destroy();
const answer500: Trouble = (_, response) => response.writeHead(500).end();

test.each([
  ['does not exist', undefined],
  ['hangs', hang],
  ['resets connections', reset],
  ['answers 500', answer500],
])('with a backend that %s, the program works, ends in time, and reports lost spans', async (_what, trouble) => {
  await using backend = await traceBackend();
  backend.trouble = trouble;
  const origin = trouble ? backend.origin : await deadOrigin();
  const ran = await runProgram({ ...otlp(origin), OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1000' }, { spans: 5_000, how: 'end' });

  const deliveries = { waiting: 0, delivered: 0, lost: 5_000, lostBy: { ...none, shutdown: 5_000 } };
  expect(ran).toMatchObject({ code: 0, printed: { deliveries } });
  expect(ran.errors.match(/^Spans lost since the start: .*$/gm)).toEqual([
    `Spans lost since the start: 5000 (5000 because the process ended first; backend: ${origin}/v1/traces)`,
  ]);
  // A hanging backend has not failed yet.
  const failures = ran.errors.match(/Spans cannot be delivered to .* They are kept and retried\./g) ?? [];
  expect(failures).toHaveLength(trouble === hang ? 0 : 1);
});

test('a backend that recovers before the end receives all spans', async () => {
  await using backend = await traceBackend();
  backend.trouble = (request, response) => {
    if (backend.requests.length === 3) backend.trouble = undefined;
    answer500(request, response);
  };
  const ran = await runProgram({ ...otlp(backend.origin), OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1000' }, { spans: 5_000, how: 'end' });
  expect(ran).toMatchObject({ code: 0, printed: { deliveries: { waiting: 0, delivered: 5_000, lost: 0 } } });
  expect(new Set(backend.received.spans.map(({ name }) => name)).size).toBe(5_000);
  expect(ran.errors).toContain('Spans are delivered again. Lost since the start: 0');
});

test('a program that does not handle a signal delivers its spans before the signal ends it', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram(otlp(backend.origin), { spans: 3, how: 'wait' });
  expect([ran.code, ran.signal, ran.errors]).toEqual([null, 'SIGTERM', '']);
  expect(backend.received.spans).toHaveLength(3);
});

test('a program ended by a signal reports lost spans if the backend is dead', async () => {
  const origin = await deadOrigin();
  const ran = await runProgram(otlp(origin), { spans: 3, how: 'wait' });
  expect(ran.signal).toBe('SIGTERM');
  expect(ran.errors).toContain(`Spans lost since the start: 3 (3 because the process ended first; backend: ${origin}/v1/traces)\n`);
});

test('process.exit loses waiting spans, and reports them', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram(otlp(backend.origin), { spans: 3, how: 'exit' });
  expect([ran.code, ran.errors]).toEqual([
    3,
    `Spans lost since the start: 3 (3 because the process ended first; backend: ${backend.origin}/v1/traces)\n`,
  ]);
});

test.each([
  ['protobuf', {}],
  ['JSON', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
])(
  'with a backend that hangs, memory grows only by the queue’s limit: %s',
  async (_what, env) => {
    await using backend = await traceBackend();
    backend.trouble = hang;
    const program = fileURLToPath(new URL('../testing/flood-program.ts', import.meta.url));
    const ran = await runProgram(
      { ...otlp(backend.origin), OTEL_BSP_MAX_QUEUE_SIZE: '1000000', ...env },
      { program, spans: 80_000, how: 'end' },
    );

    const { grownBy, deliveries } = ran.printed!;
    expect(deliveries).toMatchObject({ waiting: 0, delivered: 0, lost: 80_000 });
    expect(deliveries.lostBy.queueFull).toBeGreaterThan(10_000);
    // The queue's 16 MiB, and memory that the program needs for other reasons.
    expect(grownBy! / 2 ** 20).toBeLessThan(28);
  },
  60_000,
);

test('a full queue drops new spans, counts them, and warns once', async () => {
  await using backend = await traceBackend();
  const ran = await runProgram(
    { ...otlp(backend.origin), OTEL_BSP_MAX_QUEUE_SIZE: '64', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '32' },
    { spans: 1_000 },
  );

  const { waiting, delivered, lost } = ran.printed!.deliveries;
  expect(waiting).toBe(0);
  expect(lost).toBeGreaterThan(0);
  expect(delivered + lost).toBe(1_000);
  expect(backend.received.spans).toHaveLength(delivered);
  expect(ran.errors.match(/being lost/g)).toHaveLength(1);
  expect(
    ran.errors.match(new RegExp(`^Spans lost since the start: ${lost} \\(${lost} because the queue was full; .*\\)$`, 'gm')),
  ).toHaveLength(1);
});

test.each([
  ['OTEL_TRACES_EXPORTER', 'jaeger', 'OTEL_TRACES_EXPORTER has "jaeger", which is ignored: use otlp, zipkin, console or none'],
  [
    'OTEL_BSP_MAX_QUEUE_SIZE',
    'lots',
    'OTEL_BSP_MAX_QUEUE_SIZE is "lots", which is ignored: use a whole number from 1. The default is 65536.',
  ],
  ['OTEL_PROPAGATORS', 'w3c', 'OTEL_PROPAGATORS has "w3c", which is ignored: use tracecontext, baggage, b3, b3multi or none'],
  [
    'OTEL_TRACES_SAMPLER',
    'sometimes',
    'OTEL_TRACES_SAMPLER is "sometimes", which is ignored: use parentbased_always_on, parentbased_always_off, parentbased_traceidratio, always_on, always_off or traceidratio',
  ],
  [
    'OTEL_NODE_RESOURCE_DETECTORS',
    'moon',
    'OTEL_NODE_RESOURCE_DETECTORS has "moon", which is ignored: use env, host, os, process, serviceinstance, all or none',
  ],
  ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', 'moon', 'Provided instrumentation name "@opentelemetry/instrumentation-moon" not found'],
  ['OTEL_SDK_DISABLED', 'maybe', 'OTEL_SDK_DISABLED is "maybe", which is ignored: use true or false'],
  ['OTEL_TRACES_SAMPLER_ARG', '7', 'OTEL_TRACES_SAMPLER_ARG is "7", which is ignored: use a number from 0 to 1. The default is 1.'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'shop', 'OTEL_RESOURCE_ATTRIBUTES is ignored: "shop" is not key=value'],
  ['OTEL_SPAN_EVENT_COUNT_LIMIT', 'few', 'OTEL_SPAN_EVENT_COUNT_LIMIT is "few", which is ignored: use a whole number from 0'],
  ['WAYMARK_TRACING', 'fat', 'WAYMARK_TRACING is "fat", which is ignored: use lean or sdk'],
])('warns of an invalid value and ignores it: %s', async (name, value, message) => {
  await using backend = await traceBackend();
  const ran = await runProgram({ ...otlp(backend.origin), OTEL_TRACES_SAMPLER: 'traceidratio', [name]: value });
  expect(ran).toMatchObject({ code: 0, printed: { deliveries: { delivered: 1, lost: 0 } } });
  expect(ran.errors).toContain(`[WAYMARK_SETTINGS] Warning: ${message}`);
  expect(backend.received.spans).toHaveLength(1);
  expect(ran.printed?.carrier['traceparent']).toContain(backend.received.spans[0]?.traceId);
});

const optionsProgram = fileURLToPath(new URL('../testing/options-program.ts', import.meta.url));

test('accepts options in code: resource, sampler, exporter, processor, propagators and baggage keys; and additions later', async () => {
  const ran = await runProgram({}, { program: optionsProgram, how: 'options', preload: false });
  expect(ran).toMatchObject({ code: 0, errors: '' });
  expect(ran.printed).toEqual({
    exported: ['kept', 'GET'],
    started: ['kept', 'GET'],
    service: 'from code',
    added: true,
    baggage: { 'shop.tenant': 'acme', 'shop.region': 'eu' },
    headers: ['baggage'],
    spans: 1,
  });
});

test('OTEL_SERVICE_NAME wins over the name in code', async () => {
  const ran = await runProgram({ OTEL_SERVICE_NAME: 'from outside' }, { program: optionsProgram, how: 'options', preload: false });
  expect(ran.printed).toMatchObject({ service: 'from outside' });
});

test('options after the start throw an error', async () => {
  const ran = await runProgram({ OTEL_TRACES_EXPORTER: 'none' }, { program: optionsProgram, how: 'options' });
  expect(ran.code).toBe(1);
  expect(ran.errors).toContain('Tracing has started already: call startTracing with options instead of preloading `register`');
});

test("the user's own SDK writes the manifest with one more processor", async () => {
  const ran = await runProgram({}, { program: optionsProgram, how: 'own-sdk', preload: false });
  expect(ran.printed).toEqual({ exported: ['work', 'GET /orders/{id}'], manifest: 2 });
});
