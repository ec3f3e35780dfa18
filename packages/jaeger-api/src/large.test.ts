import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { OverBudget } from '@waymark/span-store';
import { addSpans, attribute, emptyStore, encodeRequest, request, span } from '@waymark/span-store/testing';
import { ask, send } from './testing/ask.ts';
import { apiForTest } from './testing/api-for-test.ts';
import { otlpText, tracesText } from './trace-text.ts';

const TRACE = 'd'.repeat(32);
const service = attribute('service.name', { stringValue: 'shop' });
const some = (digit: number): string => digit.toString(16).padStart(32, '0');
const spans = (count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, index) => span(TRACE, index + 1, { name: 'a', ...more }));

/** An answer whose body is not read. */
async function paused(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url), 'response')) as [IncomingMessage];
  return answer;
}

test('spans beyond the bound for one trace are rejected, and the exporter is told why', async () => {
  const { otlpUrl, url } = await apiForTest({ maxSpansPerTrace: 10 });
  await send(otlpUrl, encodeRequest(request([service], spans(10))));
  const answer = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request([service], [span(TRACE, 11, { name: 'one more' }), span(some(1), 1, { name: 'other' })])),
  });
  const errorMessage = 'rejected: 1 of a trace that has 10 spans or 32000000 bytes already';
  expect(await answer.json()).toEqual({ partialSuccess: { rejectedSpans: '1', errorMessage } });
  expect(await ask(`${url}/api/stats`)).toMatchObject({ body: { spans: 11, excessSpans: 1, rejectedSpans: 1 } });
  expect(await ask(`${url}/api/traces/${some(1)}`)).toMatchObject({ body: { data: [{ spans: [{ operationName: 'other' }] }] } });
});

test('a trace that is too large to be adjusted is answered as it was sent', async () => {
  const { otlpUrl, url } = await apiForTest();
  const attributes = ['b', 'a'].map((key) => attribute(key, { stringValue: key }));
  for (const [count, keys] of [
    [10_000, ['a', 'b']],
    [10_001, ['b', 'a']],
  ] as const) {
    const traceId = some(count);
    const large = spans(count, { attributes }).map((one) => ({ ...one, traceId }));
    await send(otlpUrl, encodeRequest(request([service], large)));
    const { body } = await ask(`${url}/api/v3/traces/${traceId}`);
    type Found = { result: { resourceSpans: { scopeSpans: { spans: { attributes: { key: string }[] }[] }[] }[] } };
    const found = (body as Found).result.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect([found.length, found[7]?.attributes.map(({ key }) => key)]).toEqual([count, keys]);
  }
});

test('an answer is cut off when its trace is evicted meanwhile, so that half a trace does not pass for all of it', async () => {
  const { otlpUrl, url } = await apiForTest({ memoryMb: 40 });
  await send(otlpUrl, encodeRequest(request([service], spans(60_000))));
  const answer = await paused(`${url}/api/v3/traces/${TRACE}?rawTraces=true`);
  const filler = attribute('filler', { stringValue: 'x'.repeat(50_000) });
  for (let batch = 0; batch < 10; batch++) {
    const others = Array.from({ length: 100 }, (_, index) => span(some(batch * 100 + index + 1), 1, { name: 'b', attributes: [filler] }));
    await send(otlpUrl, encodeRequest(request([service], others)));
  }
  expect((await ask(`${url}/api/traces/${TRACE}`)).status).toBe(404);
  const read = async (): Promise<number> => {
    let size = 0;
    for await (const part of answer) size += (part as Buffer).length;
    return size;
  };
  await expect(read()).rejects.toThrow('aborted');
});

test('at most 50 reads are under way; one more is answered 503 with Retry-After', async () => {
  const { otlpUrl, url } = await apiForTest();
  await send(otlpUrl, encodeRequest(request([service], spans(60_000))));
  const reading = await Promise.all(Array.from({ length: 50 }, () => paused(`${url}/api/v3/traces/${TRACE}?rawTraces=true`)));
  expect(reading.every(({ statusCode }) => statusCode === 200)).toBe(true);
  const refused = await fetch(`${url}/api/services`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.json()).toMatchObject({ errors: [{ code: 503, msg: 'too many requests in progress; try again' }] });
  for (const answer of reading) answer.destroy();
  let status = 503;
  while (status === 503) ({ status } = await ask(`${url}/api/services`));
  expect(status).toBe(200);
});

test('the text of adjusted traces that waits to be sent is bounded', () => {
  const store = emptyStore(100_000_000);
  const flags = Array.from({ length: 1_000 }, () => ({ boolValue: true }));
  const large = spans(900, { attributes: [attribute('flags', { arrayValue: { values: flags } })] });
  addSpans(store, request([service], large));
  const trace = store.get(TRACE);
  const reading: Generator<string>[] = [];
  const start = (): void => {
    const text = tracesText(otlpText, trace === undefined ? [] : [trace], false);
    reading.push(text);
    text.next();
    text.next();
  };
  expect(() => {
    while (reading.length < 100) start();
  }).toThrow(OverBudget);
  expect(reading.length).toBeGreaterThan(2);
  expect(reading.length).toBeLessThan(10);
  for (const text of reading) text.return(undefined);
  expect(start).not.toThrow();
  reading.at(-1)?.return(undefined);
});
