import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startShop } from '@waymark/local-stack';
import { settled, verify, type Trace } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom } from '@waymark/trace-testing';
import { startExportProxy } from './export-proxy.ts';
import { RecordingShopper, type RecordedRequest } from './recording-shopper.ts';

const OUTAGE_MS = 10_000;
const SHOPPERS = 4;
/** Callers first, so that each service gets no more requests when it is stopped. */
const SERVICES = ['gateway', 'order', 'inventory', 'auth'] as const;

const SMALL_QUEUES = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_BSP_MAX_QUEUE_SIZE: '256',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '64',
  OTEL_BSP_SCHEDULE_DELAY: '100',
  // Enough for two retries, after 1 s and 1.5 s (± 20 %), and for the response to the last one.
  OTEL_EXPORTER_OTLP_TIMEOUT: '3700',
};

/** The number of lost spans that a process logged last. 0 if it logged none. */
const lost = (lines: readonly string[]): number => Number(/Spans lost since the start: (\d+)/.exec(lines.join('\n'))?.[1] ?? 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const saysIncomplete = (trace: Trace): boolean => !settled(trace).settled || verify(trace).some(({ severity }) => severity === 'error');

test('after 10 s without a trace backend, exactly the traces that lost spans are incomplete', async () => {
  await using undo = new AsyncDisposableStack();
  const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0, memoryMb: 256 }), (one) => one.close());
  const proxy = undo.use(await startExportProxy(store.otlpUrl));
  const shop = undo.use(await startShop({ env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: proxy.url, ...SMALL_QUEUES } } }));
  const traces = tracesFrom(store.url);
  const shopper = new RecordingShopper(shop.urls.gateway);
  const { requests } = shopper;

  await shopper.logIn();
  await shopper.buy();
  const calm = await Promise.all(
    requests.map(async ({ kind, traceId }) => [kind, (await traces.of(traceId, { timeoutMs: 20_000 })).spans.length] as const),
  );
  const sizes = new Map(calm);

  const load = new AbortController();
  const shopping = Array.from({ length: SHOPPERS }, async () => {
    while (!load.signal.aborted) await shopper.buy();
  });
  await bought(60);
  proxy.mode = 'disconnect';
  await delay(OUTAGE_MS);
  proxy.mode = 'forward';
  await bought(60);
  load.abort();
  await Promise.all(shopping);
  for (const name of SERVICES) await shop.kill(name, 'SIGTERM');

  const seen: { kind: RecordedRequest['kind']; trace: Trace }[] = [];
  // One after the other, because the store rejects too many concurrent reads.
  for (const { kind, traceId } of requests) seen.push({ kind, trace: await traces.now(traceId) });
  const missing = seen.map(({ kind, trace }) => sizes.get(kind)! - trace.spans.length);
  const ids = (which: (at: number) => boolean): string[] => seen.filter((_, at) => which(at)).map(({ trace }) => trace.traceId);
  expect(ids((at) => saysIncomplete(seen[at]!.trace))).toEqual(ids((at) => missing[at] !== 0));
  const counted = SERVICES.map((name) => lost(shop.lines(name)));
  expect(sum(missing) + proxy.givenUp).toBe(sum(counted));

  // There must be traces of each kind, otherwise the test proves little.
  const kept = new Set(seen.map(({ trace }, at) => (missing[at] === 0 ? 'all' : trace.spans.length === 0 ? 'none' : 'some')));
  expect(kept).toEqual(new Set(['all', 'some', 'none']));

  async function bought(orders: number): Promise<void> {
    const enough = requests.filter(({ kind }) => kind === 'order').length + orders;
    while (requests.filter(({ kind }) => kind === 'order').length < enough) await Promise.race([delay(100), ...shopping]);
  }
}, 180_000);
