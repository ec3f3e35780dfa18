import { expect, test } from '@jest/globals';
import { attribute, request, span, TIME } from '@waymark/span-store/testing';
import { apiForTest } from './testing/api-for-test.ts';
import { ask, send } from './testing/ask.ts';

const SERVER = 2;
const CLIENT = 3;
const MILLISECOND = 1_000_000n;
const service = attribute('service.name', { stringValue: 'shop' });
const httpStatus = (status: number): object => attribute('http.response.status_code', { intValue: String(status) });
const idOf = (number: number): string => number.toString(16).padStart(32, '0');

interface Parts {
  readonly kind?: number;
  readonly name?: string;
  readonly status?: object;
  readonly attributes?: readonly object[];
}

/** A span of a trace of its own, which began some milliseconds ago. */
function spanAgo(number: number, ago: number, took: number, { kind = SERVER, name = 'GET /lamps', ...parts }: Parts = {}): object {
  const from = BigInt(Date.now() - ago) * MILLISECOND - TIME;
  return span(idOf(number), number, { name, kind, from, to: from + BigInt(took) * MILLISECOND, ...parts });
}

const sendSpans = (otlpUrl: string, ...spans: readonly object[]): Promise<void> => send(otlpUrl, JSON.stringify(request([service], spans)));

interface Body {
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly operations: readonly { readonly operationName: string; readonly requestCount: number }[];
  readonly otherOperations: number;
}
const monitorOf = async (url: string, query = ''): Promise<Body> => (await ask(`${url}/api/monitor${query}`)).body as Body;
const seconds = ({ startTimeUnixNano, endTimeUnixNano }: Body): number => Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e9;

test('requests are counted by operation, with their percentiles; those that failed by status or with 5xx, and no others, are errors', async () => {
  const { otlpUrl, url } = await apiForTest();
  const hundred = Array.from({ length: 100 }, (_, index) => spanAgo(index + 1, 20_000 + index, index + 1));
  await sendSpans(
    otlpUrl,
    ...hundred,
    spanAgo(101, 15_000, 101, { status: { code: 2 }, attributes: [httpStatus(404)] }),
    spanAgo(102, 14_000, 102, { attributes: [attribute('http.request.method', { stringValue: 'GET' }), httpStatus(503)] }),
    spanAgo(103, 13_000, 103, { status: { code: 1 }, attributes: [httpStatus(404), attribute('error.type', { stringValue: '404' })] }),
    spanAgo(104, 13_000, 900, { kind: CLIENT, status: { code: 2 } }),
    spanAgo(105, 13_000, 7, { name: 'GET /chairs' }),
  );
  const { operations } = await monitorOf(url);
  expect(operations).toEqual([
    {
      serviceName: 'shop',
      operationName: 'GET /lamps',
      requestCount: 103,
      errorCount: 2,
      p50DurationNano: 52e6,
      p95DurationNano: 98e6,
      p99DurationNano: 102e6,
      slowest: { traceId: idOf(103), spanId: idOf(103).slice(16), startTimeUnixNano: expect.any(String), durationNano: 103e6 },
      lastFailed: { traceId: idOf(102), spanId: idOf(102).slice(16), startTimeUnixNano: expect.any(String) },
    },
    expect.objectContaining({ operationName: 'GET /chairs', requestCount: 1, errorCount: 0 }),
  ]);
});

test('only requests that began in the time range count, and it begins no earlier than the first request', async () => {
  const { otlpUrl, url } = await apiForTest();
  await sendSpans(otlpUrl, spanAgo(1, 400_000, 1), spanAgo(2, 200_000, 1), spanAgo(3, 20_000, 1));
  for (const [query, count, least, most] of [
    ['', 2, 199, 299],
    ['?lookback=30s', 1, 20, 30],
    ['?lookback=1h', 3, 399, 500],
    ['?lookback=1m', 1, 20, 60],
  ] as const) {
    const body = await monitorOf(url, query);
    expect({ query, count: body.operations[0]?.requestCount }).toEqual({ query, count });
    expect(seconds(body)).toBeGreaterThan(least);
    expect(seconds(body)).toBeLessThanOrEqual(most);
  }
});

test('a store that has evicted traces counts only the requests since then, so that its rates are right', async () => {
  const { otlpUrl, url } = await apiForTest({ memoryMb: 2 });
  await sendSpans(otlpUrl, ...Array.from({ length: 100 }, (_, index) => spanAgo(index + 1, 200_000, 1)));
  const filler = attribute('filler', { stringValue: 'x'.repeat(5_000) });
  for (let batch = 1; batch <= 10; batch++) {
    const spans = Array.from({ length: 100 }, (_, index) => spanAgo(batch * 100 + index + 1, 0, 1, { attributes: [filler] }));
    await sendSpans(otlpUrl, ...spans);
  }
  expect((await ask(`${url}/api/stats`)).body).toMatchObject({ evictedTraces: expect.any(Number) });
  const body = await monitorOf(url);
  expect(seconds(body)).toBeLessThan(100);
  expect(body.operations[0]?.requestCount).toBeLessThan(600);
});

test('an attacker who makes up paths gets 200 of them into an answer', async () => {
  const { otlpUrl, url } = await apiForTest();
  await sendSpans(otlpUrl, ...Array.from({ length: 10_000 }, (_, index) => spanAgo(index + 1, 1_000, 1, { name: `GET /${index}` })));
  await sendSpans(otlpUrl, spanAgo(10_001, 1_000, 1, { name: 'GET /7' }));
  const { operations, otherOperations } = await monitorOf(url);
  expect([operations.length, otherOperations]).toEqual([200, 9_800]);
  expect(operations[0]).toMatchObject({ operationName: 'GET /7', requestCount: 2 });
});

test.each(['0s', '-1m', 'soon'])('a lookback of %s is a 400', async (lookback) => {
  const { url } = await apiForTest();
  expect(await ask(`${url}/api/monitor?lookback=${lookback}`)).toMatchObject({
    status: 400,
    body: { errors: [{ msg: expect.stringContaining('lookback should') }] },
  });
});
