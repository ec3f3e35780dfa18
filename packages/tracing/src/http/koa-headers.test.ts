import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import fc from 'fast-check';
import type { Middleware } from 'koa';
import { request } from 'undici';
import { inject } from '@waymark/context';
import { serve } from '../testing/http-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { tracedApp } from '../testing/traced-app.ts';

const recorded = recordSpans();

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

const shared = Promise.reject(new Error('never connected'));
shared.catch(() => {});

test.each<[string, Middleware, number]>([
  ['200', (ctx) => void (ctx.body = 'here'), 200],
  ['204', (ctx) => void (ctx.status = 204), 204],
  ['404', () => {}, 404],
  ['an error', () => Promise.reject(new Error('boom')), 500],
  ['an error with its own headers', (ctx) => ctx.throw(401, { headers: { 'www-authenticate': 'Bearer' } }), 401],
  ['a thrown string', () => Promise.reject('not an error'), 500],
  ['an error of a Node module (in Jest, from another realm)', () => new Promise((_, reject) => connect(1).on('error', reject)), 500],
])('x-trace-id and traceresponse name the span that answered: %s', async (_, middleware, status) => {
  await using server = await serve(tracedApp(middleware).callback());
  for (const method of ['GET', 'HEAD'] as const) {
    const answer = await request(server.origin, { method });
    await answer.body.dump();

    const [span] = await recorded.take(1);
    const { traceId, spanId } = span!.spanContext();
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({ 'x-trace-id': traceId, traceresponse: `00-${traceId}-${spanId}-03` });
  }
});

test("the response has an error's own headers and ours", async () => {
  await using server = await serve(tracedApp((ctx) => ctx.throw(401, { headers: { 'www-authenticate': 'Bearer' } })).callback());
  const answer = await request(server.origin);
  await answer.body.dump();
  await recorded.take(1);
  expect(answer.headers['www-authenticate']).toBe('Bearer');
});

test('concurrent requests that fail with a shared error each return their own trace id', async () => {
  await using server = await serve(tracedApp(() => shared).callback());
  const answers = await Promise.all(Array.from({ length: 20 }, () => request(server.origin)));
  for (const { body } of answers) await body.dump();

  const traces = (await recorded.take(20)).map((span) => span.spanContext().traceId);
  expect(new Set(answers.map(({ headers }) => headers['x-trace-id']))).toEqual(new Set(traces));
});

test.each([
  ['01', 1],
  ['00', 0],
])('a valid traceparent is continued, with its sampling decision %s', async (flags, traceFlags) => {
  let inside = trace.getActiveSpan()?.spanContext();
  await using server = await serve(tracedApp(() => void (inside = trace.getActiveSpan()?.spanContext())).callback());
  const traceparent = `00-${TRACE}-${PARENT}-${flags}`;
  const answer = await request(server.origin, { headers: { traceparent, tracestate: 'vendor=7' } });
  await answer.body.dump();

  expect(answer.headers['x-trace-id']).toBe(TRACE);
  expect(inside).toMatchObject({ traceId: TRACE, traceFlags });
  expect(answer.headers['traceresponse']).toBe(`00-${TRACE}-${inside?.spanId}-${flags}`);
  if (traceFlags === 0) return;
  const [span] = await recorded.take(1);
  expect(span?.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: PARENT, isRemote: true });
  expect(span?.spanContext().traceState?.get('vendor')).toBe('7');
});

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length });
const nearlyTraceparent = fc.tuple(hex(2), hex(32), hex(16), hex(2)).map((parts) => parts.join('-'));
const malformed = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
  fc.tuple(nearlyTraceparent, fc.nat(54)).map(([value, at]) => value.slice(0, at)),
  fc
    .tuple(nearlyTraceparent, fc.nat(54), fc.constantFrom('g', 'A', ' ', ',', '--'))
    .map(([value, at, odd]) => value.slice(0, at) + odd + value.slice(at + 1)),
  fc.tuple(nearlyTraceparent, nearlyTraceparent).map((two) => two.join(', ')),
  nearlyTraceparent.map((value) => `00${value.slice(2)}-extra`),
  nearlyTraceparent.map((value) => `ff${value.slice(2)}`),
  fc.constantFrom(`00-${'0'.repeat(32)}-${PARENT}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, ''),
);

/** Future versions may be longer, and are read as version 00 (W3C Trace Context §4.3.1). */
const readableByVersion = /^(?!00|ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-|\s*$)/;
const RUNS = 300;

test('a malformed traceparent starts a new trace, with a valid id', async () => {
  await using server = await serve(tracedApp((ctx) => void (ctx.body = inject())).callback());
  await fc.assert(
    fc.asyncProperty(malformed, fc.string({ unit: 'grapheme-ascii' }), async (traceparent, tracestate) => {
      const answer = await request(server.origin, { headers: { traceparent, tracestate } });
      await answer.body.dump();

      const id = String(answer.headers['x-trace-id']);
      expect(answer.statusCode).toBe(200);
      expect(id).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(readableByVersion.test(traceparent) || !traceparent.includes(id)).toBe(true);
    }),
    { numRuns: RUNS },
  );
  await recorded.take(RUNS);
});

test('two traceparent headers count as malformed', async () => {
  await using server = await serve(tracedApp().callback());
  const one = `traceparent: 00-${TRACE}-${PARENT}-01\r\n`;
  const socket = connect(server.port, '127.0.0.1').end(`GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n${one}${one}\r\n`);

  expect(await text(socket)).not.toContain(TRACE);
  await recorded.take(1);
});

test('only allowed baggage becomes attributes and is passed on', async () => {
  await using server = await serve(tracedApp((ctx) => void (ctx.body = inject())).callback());
  const headers = { baggage: `waymark.traffic=bench;secret=hunter2, password=hunter2, big=${'x'.repeat(5000)}` };
  const answer = await request(server.origin, { headers });

  expect(await answer.body.json()).toMatchObject({ baggage: 'waymark.traffic=bench' });
  const [span] = await recorded.take(1);
  expect(span?.attributes['waymark.traffic']).toBe('bench');
  expect(JSON.stringify(span?.attributes)).not.toContain('hunter2');
});

test('the handler can read the headers that name the trace', async () => {
  const read: string[] = [];
  await using server = await serve(
    tracedApp((ctx) => void read.push(ctx.response.get('traceresponse'), ctx.response.get('x-trace-id'))).callback(),
  );
  const { headers, body } = await request(server.origin);
  await body.dump();
  await recorded.take(1);
  expect(read).toEqual([headers['traceresponse'], headers['x-trace-id']]);
});
