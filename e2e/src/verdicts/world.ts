import type { Trace } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom, type Traces } from '@waymark/trace-testing';
import { until } from '../shop/until.ts';
import { startBureau } from './bureau.ts';
import type { Delivery, Sent } from './kiosk.ts';
import { startProgram, type Program } from './program.ts';

/** A trace store, and the services that send their spans there. */
export interface World extends AsyncDisposable {
  readonly store: { readonly url: string; readonly otlpUrl: string };
  readonly traces: Traces;
  /** The addresses of two kiosks, one of which goes by the name of stock, and of a foreign service. */
  readonly kiosk: string;
  readonly stock: string;
  readonly bureau: string;
  /** Starts one more kiosk; without a name, it has none. */
  readonly start: (name: string | undefined, env?: Record<string, string>, options?: { slowClock?: boolean }) => Promise<Program>;
}

export async function startWorld(): Promise<World> {
  await using undo = new AsyncDisposableStack();
  const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0, memoryMb: 16 }), (one) => one.close());
  const start: World['start'] = (name, env = {}, options = {}) =>
    startProgram(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl,
        OTEL_BSP_SCHEDULE_DELAY: '20',
        ...(name !== undefined && { OTEL_SERVICE_NAME: name }),
        ...env,
      },
      options,
    );
  const [kiosk, stock, bureau] = await Promise.all([start('kiosk'), start('stock'), startBureau(store.otlpUrl)]);
  for (const one of [kiosk, stock, bureau]) undo.use(one);
  const rest = undo.move();
  return {
    store,
    traces: tracesFrom(store.url),
    kiosk: kiosk.url,
    stock: stock.url,
    bureau: bureau.url,
    start,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** Sends so many messages through a kiosk, in one request; gives them to whoever carries them on, and the trace they are of. */
export async function send(kiosk: string, times: number): Promise<{ traceId: string; sent: Sent[] }> {
  const answer = await fetch(`${kiosk}/send?times=${times}`, { method: 'POST' });
  return { traceId: answer.headers.get('x-trace-id') ?? '', sent: (await answer.json()) as Sent[] };
}

/** Brings a message to a kiosk; gives the trace that it was consumed in. */
export async function deliver(kiosk: string, delivery: Delivery): Promise<{ traceId: string }> {
  const answer = await fetch(`${kiosk}/deliver`, { method: 'POST', body: JSON.stringify(delivery) });
  return (await answer.json()) as { traceId: string };
}

/** The trace once so many spans of it were delivered, or as it is after 30 s: the assertion that follows says what is wrong with it. */
export async function grown(traces: Traces, traceId: string, spans: number): Promise<Trace> {
  const now = (): Promise<Trace> => traces.now(traceId);
  return until(now, ({ spans: found, repeated = [] }) => found.length + repeated.length >= spans, `${spans} spans`).catch(now);
}
