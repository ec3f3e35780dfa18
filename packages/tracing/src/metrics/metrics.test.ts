import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { serve } from '../testing/http-server.ts';
import { runProgram } from '../testing/run-program.ts';

// Each test starts a Node process, which takes seconds on a busy machine.
jest.setTimeout(60_000);

interface Printed {
  type?: string;
  text?: string;
  traceIds: Record<string, string>;
  loaded: string[];
}

const program = fileURLToPath(new URL('../testing/metrics-program.ts', import.meta.url));

async function run(env: Record<string, string>, how = 'known', spans = 0): Promise<Printed & { errors: string }> {
  const { printed, errors, code } = await runProgram({ OTEL_TRACES_EXPORTER: 'none', ...env }, { program, how, spans });
  expect({ code, errors }).toEqual({ code: 0, errors: expect.any(String) });
  return { ...(printed as unknown as Printed), errors };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function prometheus(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const port = String(await freePort());
  const own = { OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1', OTEL_EXPORTER_PROMETHEUS_PORT: port };
  return { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_SERVICE_NAME: 'shop', ...own, ...env };
}

/** The lines of a metric, without numbers that differ from run to run. */
function samples(text: string, name: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.map((line) => line.replaceAll(/127\.0\.0\.1|(server_port=)"\d+"/g, (_, port) => (port ? `${port}"…"` : '…')));
}

let known: Printed & { errors: string };
beforeAll(async () => {
  known = await run(await prometheus());
});
const text = (): string => known.text ?? '';

test('the port for Prometheus answers in OpenMetrics, and names the service', () => {
  expect(known.errors).toBe('');
  expect(known.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(text()).toMatch(/^# TYPE target info\ntarget_info\{service_name="shop",/);
  expect(text()).toMatch(/\n# EOF\n$/);
});

test('requests are measured by route, status and error', () => {
  const server = 'http_server_request_duration_seconds';
  expect(text()).toContain(`# TYPE ${server} histogram\n# UNIT ${server} seconds\n# HELP ${server} Duration of HTTP server requests.\n`);
  const request = 'http_request_method="GET",url_scheme="http",network_protocol_version="1.1"';
  expect(samples(text(), `${server}_count`)).toEqual([
    `${server}_count{${request},http_route="/orders/{id}",http_response_status_code="200"} 1`,
    `${server}_count{${request},http_response_status_code="200"} 1`,
    `${server}_count{${request},http_response_status_code="503",error_type="503"} 1`,
    `${server}_count{${request},http_response_status_code="500",error_type="TypeError"} 1`,
  ]);
  const edges = new Set(Array.from(text().matchAll(/http_server_request_duration_seconds_bucket.*le="([^"]+)"/g), ([, edge]) => edge));
  expect([...edges].join()).toBe('0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,0.8,1,2.5,5,7.5,10,+Inf');
});

test('requests to other services are measured, also those that fail', () => {
  const client = 'http_client_request_duration_seconds_count';
  const to = (path: string): string => `${client}{http_request_method="GET",server_address="…",server_port="…",url_template="${path}"`;
  expect(samples(text(), client)).toEqual([
    `${to('/orders/7')},http_response_status_code="200"} 1`,
    `${to('/slow')},http_response_status_code="200"} 1`,
    `${to('/unavailable')},http_response_status_code="503",error_type="503"} 1`,
    `${to('/broken')},http_response_status_code="500",error_type="500"} 1`,
    `${to('/gone')},error_type="ECONNREFUSED"} 1`,
  ]);
});

test('a bucket names the trace of its last request', () => {
  const line = /http_server_request_duration_seconds_bucket\{(?!.*route)(?=.*status_code="200").*le="([\d.]+)"\} \d+ # (.*)/.exec(text());
  expect(line?.[2]).toMatch(new RegExp(`^\\{trace_id="${known.traceIds['/slow']}",span_id="[0-9a-f]{16}"\\} 0\\.\\d+ 1\\d{9}(\\.\\d+)?$`));
  expect(Number(line?.[1])).toBeGreaterThan(0.03);
});

test('requests that are not sampled are measured, without a trace', async () => {
  const { text = '' } = await run(await prometheus({ OTEL_TRACES_SAMPLER: 'always_off' }));
  const counts = (name: string): string =>
    samples(text, name)
      .map((line) => line.split(' ').at(-1))
      .join();
  // An annotated route is not known then: both requests with 200 are in one series.
  expect(counts('http_server_request_duration_seconds_count')).toBe('2,1,1');
  expect(counts('http_client_request_duration_seconds_count')).toBe('1,1,1,1,1');
  expect(text).not.toContain('trace_id');
});

test('an instrument of the program is exported, with its attributes escaped', () => {
  expect(text()).toContain(String.raw`shop_orders_created_total{kind="a \"quoted\"\nkind"} 4`);
});

test.each([
  'nodejs_eventloop_delay_p99_seconds',
  'nodejs_eventloop_utilization_ratio',
  'v8js_memory_heap_used_bytes{v8js_heap_space_name="old_space"}',
  'otel_sdk_exporter_span_exported_total{error_type="rejected"}',
  'otel_sdk_processor_span_processed_total{error_type="queue_full"}',
  'otel_sdk_processor_span_queue_size',
  'process_cpu_time_seconds_total{cpu_mode="user"}',
  'process_memory_usage_bytes',
])('the runtime and the exporter are measured: %s', (name) => {
  expect(text()).toContain(`\n${name} `);
});

test('10,000 unknown paths and all unknown methods are one series each', async () => {
  const { text = '' } = await run(await prometheus(), 'unknown', 10_000);
  const count = 'http_server_request_duration_seconds_count';
  expect(samples(text, count).map((line) => line.replace(/url_scheme.*version="1.1",/, ''))).toEqual([
    `${count}{http_request_method="GET",http_response_status_code="200"} 10000`,
    `${count}{http_request_method="_OTHER",http_response_status_code="200"} 3`,
  ]);
});

test('OTLP sends metrics to the endpoint, and the last ones at the end', async () => {
  const received: { path: string | undefined; body: string }[] = [];
  await using backend = await serve(async (request, response) => {
    received.push({ path: request.url, body: (await buffer(request)).toString('latin1') });
    response.writeHead(200).end();
  });
  await run({ OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: backend.origin });
  expect(received.map(({ path }) => path)).toEqual(['/v1/metrics']);
  for (const name of ['http.server.request.duration', 'shop.orders.created', 'v8js.memory.heap.used', 'otel.sdk.exporter.span.exported'])
    expect(received[0]?.body).toContain(name);
});

test('by default nothing of it is loaded', async () => {
  expect(known.loaded).not.toEqual([]);
  const { loaded, text } = await run({});
  expect({ loaded, text }).toEqual({ loaded: [], text: undefined });
});

test.each([
  ['OTEL_METRICS_EXPORTER', 'statsd', 'OTEL_METRICS_EXPORTER has "statsd", which is ignored: use otlp, prometheus or none'],
  [
    'OTEL_EXPORTER_PROMETHEUS_PORT',
    'http',
    'OTEL_EXPORTER_PROMETHEUS_PORT is "http", which is ignored: use a whole number from 1. The default is 9464.',
  ],
])('warns of an invalid value: %s', async (name, value, message) => {
  const { errors } = await run({ OTEL_METRICS_EXPORTER: 'none,prometheus', [name]: value }, 'none');
  expect(errors).toContain(`[WAYMARK_SETTINGS] Warning: ${message}`);
});

test('a port in use is a warning, and the program goes on', async () => {
  await using other = await serve((_, response) => response.end());
  const env = await prometheus({ OTEL_EXPORTER_PROMETHEUS_PORT: String(other.port) });
  expect((await run(env)).errors).toContain(`OTEL_METRICS_EXPORTER=prometheus cannot listen on 127.0.0.1:${other.port}: listen EADDRINUSE`);
});
