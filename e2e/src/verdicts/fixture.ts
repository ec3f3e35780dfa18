import { until } from '@waymark/service-kit/testing/until';
import type { Trace } from '@waymark/trace-model';
import { startTraceStore } from '@waymark/trace-store';
import { tracesFrom, type Traces } from '@waymark/trace-testing';
import type { Delivery, SentMessage } from './faulty-service.ts';
import { startForeignService } from './foreign-service.ts';
import { startFaultyService, type Service } from './start-service.ts';

/** A trace store, and the services that export to it. */
export interface Fixture extends AsyncDisposable {
  readonly store: { readonly url: string; readonly otlpUrl: string };
  readonly traces: Traces;
  /** The URLs of two instances of `faulty-service.ts`, named `frontend` and `stock`, and of the foreign service. */
  readonly frontend: string;
  readonly stock: string;
  readonly foreign: string;
  /** Starts another instance of `faulty-service.ts`. It has no service name if `name` is undefined. */
  readonly start: (name: string | undefined, env?: Record<string, string>, options?: { slowClock?: boolean }) => Promise<Service>;
}

/** Starts the trace store and the services. */
export async function startFixture(): Promise<Fixture> {
  await using undo = new AsyncDisposableStack();
  const store = undo.adopt(await startTraceStore({ otlpPort: 0, uiPort: 0, memoryMb: 16 }), (one) => one.close());
  const start: Fixture['start'] = (name, env = {}, options = {}) =>
    startFaultyService(
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: store.otlpUrl,
        OTEL_BSP_SCHEDULE_DELAY: '20',
        ...(name !== undefined && { OTEL_SERVICE_NAME: name }),
        ...env,
      },
      options,
    );
  const [frontend, stock, foreign] = await Promise.all([start('frontend'), start('stock'), startForeignService(store.otlpUrl)]);
  for (const service of [frontend, stock, foreign]) undo.use(service);
  const stop = undo.move();
  return {
    store,
    traces: tracesFrom(store.url),
    frontend: frontend.url,
    stock: stock.url,
    foreign: foreign.url,
    start,
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
}

/** Sends messages in one request to a service. Returns the messages, for a broker to deliver, and their trace. */
export async function send(service: string, times: number): Promise<{ traceId: string; sent: SentMessage[] }> {
  const answer = await fetch(`${service}/send?times=${times}`, { method: 'POST' });
  return { traceId: answer.headers.get('x-trace-id') ?? '', sent: (await answer.json()) as SentMessage[] };
}

/** Delivers a message to a service. Returns the trace in which it was consumed. */
export async function deliver(service: string, delivery: Delivery): Promise<{ traceId: string }> {
  const answer = await fetch(`${service}/deliver`, { method: 'POST', body: JSON.stringify(delivery) });
  return (await answer.json()) as { traceId: string };
}

/** The trace when this number of spans has arrived, or as it is after 30 s: then the following assertion fails and shows what is missing. */
export async function traceWith(traces: Traces, traceId: string, spans: number): Promise<Trace> {
  const now = (): Promise<Trace> => traces.now(traceId);
  return until(now, ({ spans: found, repeated = [] }) => found.length + repeated.length >= spans, `${spans} spans`).catch(now);
}
