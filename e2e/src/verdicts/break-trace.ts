import { readTraces, type Trace } from '@waymark/trace-model';
import type { SentMessage } from './faulty-service.ts';
import { send, traceWith, type Fixture } from './fixture.ts';
import type { mistakes } from './mistakes.ts';
import { otlp, spanId } from './otlp.ts';

/** Breaks a trace and returns it. */
export type BreakTrace = (fixture: Fixture) => Promise<Trace>;

/** Sends a GET to `frontend`. Returns its trace when it has this number of spans. */
export const get =
  (path: string | ((fixture: Fixture) => string), spans: number): BreakTrace =>
  async (fixture) => {
    const answer = await fetch(`${fixture.frontend}/${typeof path === 'string' ? path : path(fixture)}`);
    return traceWith(fixture.traces, answer.headers.get('x-trace-id') ?? '', spans);
  };

/** Makes one of the mistakes in `mistakes.ts`. */
export const mistake = (name: keyof typeof mistakes, spans: number): BreakTrace => get(({ stock }) => `${name}?stock=${stock}`, spans);

/** Sends a GET to `foreign` through `frontend`. */
export const foreign = (path: string, spans: number): BreakTrace => get(({ foreign }) => `relay?to=${foreign}/${path}`, spans);

/** Starts another service and sends a GET to it through `frontend`. */
export const relayed =
  (spans: number, path: string, ...given: Parameters<Fixture['start']>): BreakTrace =>
  async (fixture) => {
    await using other = await fixture.start(...given);
    return await get(({ stock }) => `relay?to=${encodeURIComponent(`${other.url}/${path.replace('STOCK', stock)}`)}`, spans)(fixture);
  };

/** Starts another service and sends a GET to it. */
export const direct =
  (spans: number, path: string | ((fixture: Fixture) => string), ...given: Parameters<Fixture['start']>): BreakTrace =>
  async (fixture) => {
    await using service = await fixture.start(...given);
    return await get(path, spans)({ ...fixture, frontend: service.url });
  };

/** Sends messages in one request of `frontend`. `broker` decides what happens to them. */
export const messages =
  (
    times: number,
    spans: number,
    broker: (fixture: Fixture, sent: [SentMessage, SentMessage], traceId: string) => Promise<unknown>,
  ): BreakTrace =>
  async (fixture) => {
    const { traceId, sent } = await send(fixture.frontend, times);
    await broker(fixture, sent as [SentMessage, SentMessage], traceId);
    return traceWith(fixture.traces, traceId, spans);
  };

/** Reads a trace as if from a file: a trace backend would reject its ids. */
export const fromFile = (ids: { traceId: string; spanId: string }): Trace => {
  const now = Date.now();
  const [trace] = readTraces(JSON.parse(otlp('foreign', [{ ...ids, name: 'work', kind: 'INTERNAL', startMs: now, endMs: now + 5 }])));
  return trace!;
};

/** Flags of a `traceparent` (W3C Trace Context). */
export const SAMPLED = '01';
export const NOT_SAMPLED = '00';

/** Sends a GET with a `traceparent` with these flags, without exporting a span for it. */
export const calledWith =
  (flags: string, spans: number): BreakTrace =>
  async ({ frontend, traces }) => {
    const traceId = crypto.randomUUID().replaceAll('-', '');
    await fetch(`${frontend}/ok`, { headers: { traceparent: `00-${traceId}-${spanId()}-${flags}` } });
    return traceWith(traces, traceId, spans);
  };
