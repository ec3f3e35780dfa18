import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jaegerIsAvailable, realJaeger, type RealJaeger } from '@waymark/trace-store/testing';
import { isComplete } from '../assertions/is-complete.ts';
import { matchTree } from '../assertions/match-tree.ts';
import { holds } from '../assertions/outcome.ts';
import { order } from '../testing/order.ts';
import { runTrace } from '../testing/run-trace.ts';
import { newTraceId, otlp, send } from '../testing/spans.ts';
import { tracesFrom } from './traces.ts';
import { traceBackend } from './trace-backend.ts';

/** With JAEGER_BINARY, the path of a Jaeger 2; without it there is nothing to test against. */
const env = { JAEGER_BINARY: process.env['JAEGER_BINARY'] };
const withJaeger = jaegerIsAvailable(env) ? describe : describe.skip;
let jaeger: RealJaeger;

beforeAll(async () => {
  if (jaegerIsAvailable(env)) jaeger = await realJaeger(env);
}, 60_000);
afterAll(async () => jaeger?.stop());

withJaeger('a real Jaeger', () => {
  test('waits on a real Jaeger until a trace is complete', async () => {
    const traceId = newTraceId();
    const spans = otlp(order(), { traceId });
    for (const one of spans.slice(1)) await send(jaeger.otlpUrl, [one]);
    await expect(tracesFrom(jaeger.url).of(traceId, { timeoutMs: 1_000 })).rejects.toThrow(
      /still waiting for\n {2}the span \w+ above gateway `POST`/,
    );
    await send(jaeger.otlpUrl, spans.slice(0, 1));
    const trace = await tracesFrom(jaeger.url).of(traceId);
    holds(isComplete(trace));
    holds(matchTree(trace, 'gateway SERVER POST /v1/orders 201\n  *'));
  });

  test('searches a real Jaeger', async () => {
    await send(jaeger.otlpUrl, otlp(order()));
    const backend = traceBackend(jaeger.url);
    expect(await backend.services()).toEqual(expect.arrayContaining(['gateway', 'order']));
    const found = await backend.search({ service: 'order', operation: 'INSERT orders', attributes: { 'db.namespace': 'order' } });
    expect(found[0]?.spans).toHaveLength(5);
    expect((await backend.search({ service: 'nobody' })).length).toBe(0);
    expect((await runTrace(['search', 'order', '--limit', '1', '--url', jaeger.url])).out).toMatch(
      /gateway SERVER POST \/v1\/orders 201 {2}complete/,
    );
  });

  test('the error for the OTLP port of a real Jaeger names the right port', async () => {
    await expect(tracesFrom(jaeger.otlpUrl).of(newTraceId())).rejects.toThrow(/is not a trace backend/);
  });
});
