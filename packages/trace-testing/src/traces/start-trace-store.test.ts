import { expect, test } from '@jest/globals';
import { startTraceStore } from './start-trace-store.ts';
import { order } from '../testing/order.ts';
import { newTraceId, otlp, send } from '../testing/spans.ts';

test('a trace store runs in the test process until the end of the block', async () => {
  let url: string;
  {
    await using store = await startTraceStore();
    ({ url } = store);
    const traceId = newTraceId();
    await send(store.otlpUrl, otlp(order(), { traceId }));
    expect((await store.traces.of(traceId)).spans).toHaveLength(5);
    expect((await fetch(store.url)).headers.get('content-type')).toContain('text/html');
  }
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('two suites can run at the same time', async () => {
  await using one = await startTraceStore();
  await using other = await startTraceStore();
  expect(one.otlpUrl).not.toBe(other.otlpUrl);
});
