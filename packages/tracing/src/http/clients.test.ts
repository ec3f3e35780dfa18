import { fileURLToPath } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { runProgram } from '../testing/run-program.ts';
import { traceBackend } from '../testing/trace-backend.ts';

// Each test starts a Node process, which takes seconds on a busy machine.
jest.setTimeout(120_000);

const program = fileURLToPath(new URL('../testing/client-program.ts', import.meta.url));
/** OTLP numbers the span kinds from 1; 0 is unspecified. */
const CLIENT = SpanKind.CLIENT + 1;

test.each([
  ['alone', 'register', {}, 1],
  ["with OpenTelemetry's instrumentations too", 'register', { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'undici,http' }, 1],
  ["with OpenTelemetry's SDK and instrumentations instead of ours", 'own-sdk', {}, 2],
])('every client sends exactly one traceparent, which names its CLIENT span: %s', async (_what, how, env, most) => {
  await using backend = await traceBackend();
  const urls: string[] = [];
  await using server = await echoServer((request, response) => {
    urls.push(request.url ?? '');
    response.end('here');
  });
  const exporter = { OTEL_EXPORTER_OTLP_ENDPOINT: backend.origin, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
  const none = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
  const ran = await runProgram({ ...exporter, ...none, ORIGIN: server.origin, ...env }, { program, how, preload: how === 'register' });
  expect(ran).toMatchObject({ code: 0, errors: '' });

  const ways = ran.printed!.ways!;
  expect(urls).toEqual(ways.map((way) => `/${way}`));
  const { spans } = backend.received;
  for (const [at, way] of ways.entries()) {
    const parent = spans.find(({ name }) => name === way)!;
    const clients = spans.filter(({ kind, traceId }) => kind === CLIENT && traceId === parent.traceId);
    const sent = valuesOf(server.received[at], 'traceparent');
    expect([way, sent]).toEqual([way, [expect.stringContaining(`00-${parent.traceId}-`)]]);
    const named = clients.filter(({ spanId }) => sent[0]?.includes(spanId));
    expect([way, named.map(({ parentSpanId }) => parentSpanId)]).toEqual([way, [parent.spanId]]);
    // The undici instrumentation of the user's own SDK makes a second span unless it has `ignoreRequestHook: hasTraceparent`.
    expect([way, clients.length <= most]).toEqual([way, true]);
  }
});
