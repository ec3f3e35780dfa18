import { expect, test } from '@jest/globals';
import { trace, TraceFlags } from '@opentelemetry/api';
import type { Middleware } from 'koa';
import { request } from 'undici';
import { inject } from '@waymark/context';
import { expectTracedCaller } from './server-span.ts';
import { SegmentManifest } from '../sdk/manifest.ts';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { serve } from '../testing/http-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { appTraced } from '../testing/traced-app.ts';
import { tracedRequest } from './undici.ts';

const recorded = recordSpans(new SegmentManifest());
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const answerCarrier: Middleware = (ctx) => void (ctx.body = inject());

const headers = (flags: string) => ({
  traceparent: `00-${TRACE}-${PARENT}-${flags}`,
  tracestate: 'vendor=7',
  baggage: 'waymark.traffic=bench,user=hunter2',
});

test.each(['00', '01', '02', '03'])(
  'at an entry, a caller’s flags %s decide nothing: the request starts its own trace, linked to the caller',
  async (flags) => {
    await using server = await serve(appTraced({ entry: true }, answerCarrier).callback());
    const answer = await request(server.origin, { headers: headers(flags) });
    const carrier = (await answer.body.json()) as Record<string, string>;

    const [span] = await recorded.take(1);
    const { traceId, spanId, traceFlags } = span!.spanContext();
    expect(traceId).not.toBe(TRACE);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(traceFlags & TraceFlags.SAMPLED).toBe(1);
    expect(span?.links).toEqual([{ context: { traceId: TRACE, spanId: PARENT, traceFlags: Number(flags), isRemote: true } }]);
    expect(span?.attributes).toMatchObject({ 'waymark.entry': true, 'waymark.segment.spans': 1, 'waymark.traffic': 'bench' });
    expect(answer.headers).toMatchObject({ 'x-trace-id': traceId, traceresponse: `00-${traceId}-${spanId}-03` });
    expect(carrier).toEqual({ traceparent: `00-${traceId}-${spanId}-03`, baggage: 'waymark.traffic=bench' });
  },
);

test('no link if the caller sends no trace or a malformed one', async () => {
  await using server = await serve(appTraced({ entry: true }).callback());
  await (await request(server.origin)).body.dump();
  await (await request(server.origin, { headers: { traceparent: 'ff-not-valid-01', tracestate: 'vendor=7' } })).body.dump();
  expect((await recorded.take(2)).map(({ links }) => links)).toEqual([[], []]);
});

const expecting: Middleware = (_ctx, next) => (expectTracedCaller(), next());

test('if every caller is traced, the span of a request without a trace records that its caller lost it', async () => {
  await using server = await serve(appTraced({}, expecting).callback());
  await (await request(server.origin)).body.dump();
  await (await request(server.origin, { headers: headers('01') })).body.dump();
  const entries = (await recorded.take(2)).map(({ attributes }) => attributes['waymark.entry']);
  expect(entries).toEqual([false, undefined]);
});

const trust = (ctx: { get(name: string): string }): boolean => ctx.get('authorization') === 'Bearer partner';

test('an entry continues a trusted caller’s trace, with its flags and tracestate', async () => {
  await using server = await serve(appTraced({ entry: true, trust }, answerCarrier).callback());
  const partner = { authorization: 'Bearer partner' };
  const continued = await request(server.origin, { headers: { ...headers('01'), ...partner } });
  expect(await continued.body.json()).toMatchObject({ traceparent: expect.stringContaining(TRACE), tracestate: 'vendor=7' });
  const [span] = await recorded.take(1);
  expect(span?.parentSpanContext).toMatchObject({ traceId: TRACE, spanId: PARENT });
  expect(span?.links).toEqual([]);
  expect(span?.attributes).toMatchObject({ 'waymark.entry': true });

  const unsampled = await request(server.origin, { headers: { ...headers('00'), ...partner } });
  await unsampled.body.dump();
  expect(unsampled.headers['traceresponse']).toMatch(new RegExp(`^00-${TRACE}-.*-00$`));

  const stranger = await request(server.origin, { headers: headers('01') });
  await stranger.body.dump();
  expect(stranger.headers['x-trace-id']).not.toBe(TRACE);
  await recorded.take(1);
});

test('a service behind the entry can distrust a caller too', async () => {
  await using server = await serve(appTraced({ trust: () => false }).callback());
  await (await request(server.origin, { headers: headers('01') })).body.dump();
  const [span] = await recorded.take(1);
  expect(span?.links.map(({ context }) => context.spanId)).toEqual([PARENT]);
  expect(span?.attributes).not.toHaveProperty(['waymark.entry']);
});

test('services behind an entry are in the entry’s trace and see nothing of the caller’s', async () => {
  await using behind = await echoServer();
  const relay: Middleware = async (ctx) => void (ctx.body = await (await tracedRequest(behind.origin)).body.text());
  await using server = await serve(appTraced({ entry: true }, relay).callback());
  await (await request(server.origin, { headers: headers('00') })).body.dump();

  const [client, entry] = await recorded.take(2);
  const [sent] = behind.received;
  expect(client?.spanContext().traceId).toBe(entry?.spanContext().traceId);
  expect(valuesOf(sent, 'traceparent')).toEqual([expect.stringMatching(`^00-${entry?.spanContext().traceId}-.*-03$`)]);
  expect([valuesOf(sent, 'tracestate'), valuesOf(sent, 'baggage')]).toEqual([[], ['waymark.traffic=bench']]);
  expect(JSON.stringify(sent)).not.toContain(TRACE);
  expect(trace.getActiveSpan()).toBeUndefined();
});
