import { expect, test } from '@jest/globals';
import { judge, readTraces, verdict } from '@waymark/trace-model';
import { attribute, encodeText, request, span, TIME } from '@waymark/span-store/testing';
import { ask, send } from './testing/ask.ts';
import { apiForTest } from './testing/api-for-test.ts';

const TRACE = 'b'.repeat(32);
const HOUR = 'query.startTimeMin=2025-11-22T08:00:00Z&query.startTimeMax=2025-11-22T09:00:00Z';
const service = attribute('service.name', { stringValue: 'shop' });

const spans = [
  span(TRACE, 1, { name: 'buy', kind: 2 }),
  span(TRACE, 2, {
    name: 'pay',
    kind: 3,
    parent: 1,
    status: { code: 2 },
    links: [{ traceId: TRACE, spanId: '00'.repeat(7) + '01', attributes: [attribute('why', { stringValue: 'batch' })] }],
  }),
  span(TRACE, 3, { name: 'stray', parent: 77 }),
];

test('a summary counts spans, errors and orphans, and names the root', async () => {
  const { otlpUrl, url } = await apiForTest();
  await send(otlpUrl, JSON.stringify(request([service], spans)));
  expect(await ask(`${url}/api/v3/trace-summaries?${HOUR}`)).toEqual({
    status: 200,
    body: {
      summaries: [
        {
          traceId: TRACE,
          rootServiceName: 'shop',
          rootOperationName: 'buy',
          minStartTimeUnixNano: String(TIME),
          maxEndTimeUnixNano: String(TIME + 10_000_003n),
          spanCount: 3,
          errorSpanCount: 1,
          orphanSpanCount: 1,
          services: [{ name: 'shop', spanCount: 3, errorSpanCount: 1 }],
        },
      ],
    },
  });
});

test.each([
  [{ error: 'true' }, 1],
  [{ error: 'maybe' }, 0],
  [{ 'span.kind': 'client' }, 1],
  [{ 'span.kind': 'consumer' }, 0],
  [{ 'span.status': 'error', 'span.kind': 'server' }, 0],
  [{ 'scope.name': 'test' }, 1],
  [{ 'scope.version': '2' }, 0],
  [{ 'resource.service.name': 'shop' }, 1],
  [{ 'resource.why': 'batch' }, 0],
  [{ why: 'batch' }, 1],
])('attributes %j find %i traces', async (attributes, count) => {
  const { otlpUrl, url } = await apiForTest();
  await send(otlpUrl, JSON.stringify(request([service], spans)));
  const { body } = await ask(`${url}/api/v3/trace-summaries?${HOUR}&query.attributes=${encodeURIComponent(JSON.stringify(attributes))}`);
  expect((body as { summaries: unknown[] }).summaries).toHaveLength(count);
});

const INHERITED = ['__proto__', 'constructor', 'valueOf', 'toString', 'hasOwnProperty'];

test.each(INHERITED)('an attribute called %s is found where a span has it, and nowhere else', async (name) => {
  const { otlpUrl, url } = await apiForTest();
  const named = span('c'.repeat(32), 1, { name: 'odd', attributes: [attribute(name, { stringValue: 'x' })] });
  await send(otlpUrl, JSON.stringify(request([service], [...spans, named])));
  const search = `${url}/api/traces?service=shop&start=1763798400000000&end=1763802000000000`;
  expect(await ask(`${search}&tag=${name}:x`)).toMatchObject({ status: 200, body: { data: [{ traceID: 'c'.repeat(32) }] } });
  expect(await ask(`${search}&tag=${name}:y`)).toMatchObject({ status: 200, body: { data: [] } });
});

test.each(INHERITED)('a duration in the unit %s is refused', async (unit) => {
  const { url } = await apiForTest();
  expect((await ask(`${url}/api/traces?service=shop&minDuration=1${unit}`)).status).toBe(400);
});

test('a span without a kind counts as internal in v3, and no operation is there twice', async () => {
  const { otlpUrl, url } = await apiForTest();
  const some = [span(TRACE, 1, { name: 'buy', kind: 2 }), span(TRACE, 2, { name: 'log' }), span(TRACE, 3, { name: 'log', kind: 1 })];
  await send(otlpUrl, JSON.stringify(request([service], some)));
  const operations = async (query: string): Promise<unknown> => (await ask(`${url}/api/v3/operations?service=shop${query}`)).body;
  const log = { name: 'log', spanKind: 'internal' };
  expect(await operations('')).toEqual({ operations: [{ name: 'buy', spanKind: 'server' }, log] });
  expect(await operations('&spanKind=internal')).toEqual({ operations: [log] });
  expect(await operations('&span_kind=server')).toEqual({ operations: [{ name: 'buy', spanKind: 'server' }] });
});

test('v3 reads parameters in camelCase as in snake_case', async () => {
  const { otlpUrl, url } = await apiForTest();
  await send(otlpUrl, JSON.stringify(request([service], spans)));
  const names = ['start_time_min=2025-11-22T08:00:00Z', 'start_time_max=2025-11-22T09:00:00Z', 'service_name=shop', 'operation_name=pay'];
  const more = ['duration_min=1us', 'duration_max=1h', 'search_depth=5', 'raw_traces=true'];
  const snake = [...names, ...more].map((one) => `query.${one}`).join('&');
  const camel = snake.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const found = await ask(`${url}/api/v3/traces?${snake}`);
  expect(found).toMatchObject({ status: 200, body: { result: { resourceSpans: [{}] } } });
  expect(await ask(`${url}/api/v3/traces?${camel}`)).toEqual(found);
  expect(await ask(`${url}/api/v3/traces?${camel.replace('operationName=pay', 'operationName=x')}`)).toMatchObject({ status: 404 });
  const raw = await ask(`${url}/api/v3/traces/${TRACE}?raw_traces=true`);
  expect(await ask(`${url}/api/v3/traces/${TRACE}?rawTraces=true`)).toEqual(raw);
});

test('the newest trace comes first, and no more than asked for', async () => {
  const { otlpUrl, url } = await apiForTest();
  for (const digit of ['1', '2', '3']) await send(otlpUrl, JSON.stringify(request([service], [span(digit.repeat(32), 1, { name: 'a' })])));
  const { body } = await ask(`${url}/api/v3/trace-summaries?${HOUR}&query.searchDepth=2`);
  expect((body as { summaries: { traceId: string }[] }).summaries.map(({ traceId }) => traceId[0])).toEqual(['3', '2']);
});

test('a span is kept as it was sent, even one that ends before it starts', async () => {
  const { otlpUrl, url } = await apiForTest();
  const backwards = { traceId: TRACE, spanId: '0000000000000001', name: 'back', startTimeUnixNano: '20', endTimeUnixNano: '10' };
  await send(otlpUrl, JSON.stringify(request([], [backwards])));
  expect(await ask(`${url}/api/v3/traces/${TRACE}?rawTraces=true`)).toMatchObject({
    body: { result: { resourceSpans: [{ scopeSpans: [{ spans: [backwards] }] }] } },
  });
  expect(await ask(`${url}/api/traces/${TRACE}`)).toMatchObject({
    status: 200,
    body: { data: [{ spans: [{ duration: 0 }], processes: { p1: { serviceName: 'missing-service-name' } } }] },
  });
});

test('a batch that is delivered twice counts once; who reads what was sent gets both', async () => {
  const { otlpUrl, url } = await apiForTest();
  const answer = request([attribute('service.name', { stringValue: 'till' })], [span(TRACE, 4, { name: 'pay', kind: 2, parent: 2 })]);
  const resourceSpans = [request([service], spans), answer].flatMap((one) => (one as { resourceSpans: object[] }).resourceSpans);
  const batch = JSON.stringify({ resourceSpans });
  for (let times = 0; times < 3; times++) await send(otlpUrl, batch);
  expect(await ask(`${url}/api/v3/trace-summaries?${HOUR}`)).toMatchObject({ body: { summaries: [{ spanCount: 4, errorSpanCount: 1 }] } });
  expect(await ask(`${url}/api/dependencies?endTs=1763802000000&lookback=3600000`)).toMatchObject({
    body: { data: [{ parent: 'shop', child: 'till', callCount: 1 }] },
  });
  expect(await ask(`${url}/api/traces/${TRACE}`)).toMatchObject({ body: { data: [{ spans: { length: 4 } }] } });
  expect(await ask(`${url}/api/stats`)).toMatchObject({ body: { spans: 4, receivedSpans: 12, repeatedSpans: 8 } });
  const [trace] = readTraces((await ask(`${url}/api/v3/traces/${TRACE}?rawTraces=true`)).body);
  expect(trace).toMatchObject({ spans: { length: 4 }, repeated: { length: 4 } });
});

const some = (digit: number): string => digit.toString(16).padStart(32, '0');

test('a trace that was evicted is not found, and the answer says why', async () => {
  const { otlpUrl, url } = await apiForTest({ memoryMb: 1 });
  const filler = attribute('filler', { stringValue: 'x'.repeat(50_000) });
  for (let digit = 1; digit <= 40; digit++)
    await send(otlpUrl, JSON.stringify(request([service], [span(some(digit), 1, { name: 'a', attributes: [filler] })])));
  expect(await ask(`${url}/api/v3/traces/${some(1)}`)).toEqual({
    status: 404,
    body: { error: { httpCode: 404, message: 'No traces found: the trace was evicted, its memory is full' } },
  });
  expect(await ask(`${url}/api/traces/${some(1)}`)).toMatchObject({
    status: 404,
    body: { errors: [{ msg: expect.stringMatching(/evicted/) }] },
  });
});

test.each([
  ['/api', 404],
  ['/api/nothing', 404],
  ['/api/v3/nothing', 404],
  ['/api/traces/', 404],
  ['/api/services/%E0%A4%A/operations', 200],
  ['/api/traces?service=%', 200],
  ['/api/stats', 200],
])('%s is answered with JSON and %i', async (path, status) => {
  const { url } = await apiForTest();
  expect((await ask(url + path)).status).toBe(status);
});

test('only GET and HEAD are taken', async () => {
  const { url } = await apiForTest();
  expect((await fetch(`${url}/api/services`, { method: 'POST', body: '{}' })).status).toBe(405);
  const head = await fetch(`${url}/api/services`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test.each(['limit=0', 'limit=-1'])('%s is refused', async (limit) => {
  const { url } = await apiForTest();
  expect(await ask(`${url}/api/traces?service=shop&${limit}`)).toMatchObject({
    status: 400,
    body: { errors: [{ msg: expect.stringMatching(/^limit should be a whole number from 1 to 2147483647/) }] },
  });
});

test('100,000 spans of one request can be read again', async () => {
  const { otlpUrl, url } = await apiForTest();
  const many = Array.from({ length: 100_000 }, (_, index) => ({
    traceId: TRACE,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'a',
  }));
  await send(otlpUrl, JSON.stringify(request([], many)));
  const { body } = await ask(`${url}/api/v3/traces/${TRACE}?rawTraces=true`);
  expect(body).toMatchObject({ result: { resourceSpans: [{ scopeSpans: [{ spans: { length: 100_000 } }] }] } });
});

test('the spans of other traces that link to a trace are found', async () => {
  const { otlpUrl, url } = await apiForTest();
  const link = { traceId: TRACE, spanId: '0000000000000002' };
  const other = span('c'.repeat(32), 7, { name: 'retry', links: [link] });
  const mentions = span('d'.repeat(32), 8, { name: 'note', attributes: [attribute('trace', { stringValue: TRACE })] });
  await send(otlpUrl, JSON.stringify(request([service], [...spans, other, mentions])));
  expect(await ask(`${url}/api/links/${TRACE}`)).toEqual({
    status: 200,
    body: { links: [{ traceId: 'c'.repeat(32), spanId: '0000000000000007', service: 'shop', name: 'retry', linkedSpanId: link.spanId }] },
  });
  expect(await ask(`${url}/api/links/none`)).toMatchObject({ status: 400 });
});

test.each(['/api/v3/traces/', '/api/traces/'])('a trace that is cut at its limit says so at %s, and is not called broken', async (path) => {
  const { otlpUrl, url } = await apiForTest({ maxSpansPerTrace: 3 });
  const declared = attribute('waymark.segment.spans', { intValue: '5' });
  const sent = [
    span(TRACE, 4, { name: 'pay', parent: 2 }),
    span(TRACE, 5, { name: 'pack', parent: 2 }),
    span(TRACE, 3, { name: 'ship', parent: 1 }),
    span(TRACE, 2, { name: 'check', parent: 1 }),
    span(TRACE, 1, { name: 'buy', kind: 2, attributes: [declared] }),
  ];
  for (const one of sent) await send(otlpUrl, JSON.stringify(request([service], [one])));
  const [trace] = readTraces((await ask(`${url}${path}${TRACE}?raw=true&rawTraces=true`)).body);
  const judgement = judge(trace!);
  const sentence = 'incomplete: 2 spans dropped by the trace backend, which has a limit for one trace and kept the first 3';
  expect(judgement).toMatchObject({ completeness: { sentence }, findings: [], sound: true });
  expect(verdict(trace!)).toBe(`${sentence}; 3 spans, 1 service, 0 roots, no findings`);
});

test.each([
  ['JSON', (text: string): string | Buffer => text],
  ['protobuf', (text: string): string | Buffer => encodeText(text)],
])('-0.0 sent as %s is answered as -0', async (_, bodyOf) => {
  const { otlpUrl, url } = await apiForTest();
  const zero = request([], [span(TRACE, 1, { name: 'a', attributes: [attribute('zero', { doubleValue: 0 })] })]);
  // JSON.stringify cannot write it.
  await send(otlpUrl, bodyOf(JSON.stringify(zero).replace('"doubleValue":0', '"doubleValue":-0.0')));
  for (const path of [`/api/v3/traces/${TRACE}`, `/api/v3/traces/${TRACE}?rawTraces=true`, `/api/traces/${TRACE}`])
    expect(await (await fetch(url + path)).text()).toMatch(/"(?:doubleValue|value)":-0[,}]/);
});
