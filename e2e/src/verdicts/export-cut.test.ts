import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startShop } from '@waymark/local-stack';
import { settled, verify, type Trace } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom } from '@waymark/trace-testing';
import { startGate } from './gate.ts';
import { Buyer, type Request } from './buyer.ts';

const CUT_MS = 10_000;
const SHOPPERS = 4;
/** Callers before those they call, so that each is asked nothing more when it is told to stop. */
const SERVICES = ['gateway', 'order', 'inventory', 'auth'] as const;

const SMALL_QUEUES = {
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_BSP_MAX_QUEUE_SIZE: '256',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '64',
  OTEL_BSP_SCHEDULE_DELAY: '100',
  // Time for two further tries, after 1 and 1.5 s, give or take a fifth, and for the answer to the last of them.
  OTEL_EXPORTER_OTLP_TIMEOUT: '3700',
};

/** What the exporter of a process counted, by its last word; without one, it lost none. */
const lost = (lines: readonly string[]): number => Number(/Spans lost since the start: (\d+)/.exec(lines.join('\n'))?.[1] ?? 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const saysIncomplete = (trace: Trace): boolean => !settled(trace).settled || verify(trace).some(({ severity }) => severity === 'error');

test('after 10 s without a trace backend, exactly the traces that lost spans are called incomplete', async () => {
  await using undo = new AsyncDisposableStack();
  const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0, memoryMb: 256 }), (one) => one.close());
  const gate = undo.use(await startGate(store.otlpUrl));
  const shop = undo.use(await startShop({ env: { all: { OTEL_EXPORTER_OTLP_ENDPOINT: gate.url, ...SMALL_QUEUES } } }));
  const traces = tracesFrom(store.url);
  const made: Request[] = [];
  const buyer = new Buyer(shop.urls.gateway, made);

  await buyer.logIn();
  await buyer.buy();
  const calm = await Promise.all(
    made.map(async ({ kind, traceId }) => [kind, (await traces.of(traceId, { timeoutMs: 20_000 })).spans.length] as const),
  );
  const sizes = new Map(calm);

  const load = new AbortController();
  const shopping = Array.from({ length: SHOPPERS }, async () => {
    while (!load.signal.aborted) await buyer.buy();
  });
  await bought(60);
  gate.state = 'shut';
  await delay(CUT_MS);
  gate.state = 'open';
  await bought(60);
  load.abort();
  await Promise.all(shopping);
  for (const name of SERVICES) await shop.kill(name, 'SIGTERM');

  const seen: { kind: Request['kind']; trace: Trace }[] = [];
  // One after another: the store refuses too many reads at once.
  for (const { kind, traceId } of made) seen.push({ kind, trace: await traces.now(traceId) });
  const missing = seen.map(({ kind, trace }) => sizes.get(kind)! - trace.spans.length);
  const ids = (which: (at: number) => boolean): string[] => seen.filter((_, at) => which(at)).map(({ trace }) => trace.traceId);
  expect(ids((at) => saysIncomplete(seen[at]!.trace))).toEqual(ids((at) => missing[at] !== 0));
  const counted = SERVICES.map((name) => lost(shop.lines(name)));
  expect(sum(missing) + gate.unheard).toBe(sum(counted));

  // Some traces lost everything, some a part, some nothing: else this would prove little.
  const kept = new Set(seen.map(({ trace }, at) => (missing[at] === 0 ? 'all' : trace.spans.length === 0 ? 'nothing' : 'a part')));
  expect(kept).toEqual(new Set(['all', 'a part', 'nothing']));

  async function bought(orders: number): Promise<void> {
    const enough = made.filter(({ kind }) => kind === 'order').length + orders;
    while (made.filter(({ kind }) => kind === 'order').length < enough) await Promise.race([delay(100), ...shopping]);
  }
}, 180_000);
