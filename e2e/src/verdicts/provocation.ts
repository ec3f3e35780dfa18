import { readTraces, type Trace } from '@waymark/trace-model';
import type { Sent } from './kiosk.ts';
import type { mistakes } from './mistakes.ts';
import { otlp, spanId } from './otlp.ts';
import { grown, send, type World } from './world.ts';

/** Does something to a world, and reads the trace of it back. */
export type Provocation = (world: World) => Promise<Trace>;

/** A GET of the kiosk, and its trace once it has so many spans. */
export const get =
  (path: string | ((world: World) => string), spans: number): Provocation =>
  async (world) => {
    const answer = await fetch(`${world.kiosk}/${typeof path === 'string' ? path : path(world)}`);
    return grown(world.traces, answer.headers.get('x-trace-id') ?? '', spans);
  };

/** One of `mistakes.ts`, by its name. */
export const mistake = (name: keyof typeof mistakes, spans: number): Provocation => get(({ stock }) => `${name}?stock=${stock}`, spans);

/** A request that the kiosk hands on to the foreign service. */
export const foreign = (path: string, spans: number): Provocation => get(({ bureau }) => `relay?to=${bureau}/${path}`, spans);

/** A request that the kiosk hands on to a service started for it. */
export const relayed =
  (spans: number, path: string, ...given: Parameters<World['start']>): Provocation =>
  async (world) => {
    await using other = await world.start(...given);
    return await get(({ stock }) => `relay?to=${encodeURIComponent(`${other.url}/${path.replace('STOCK', stock)}`)}`, spans)(world);
  };

/** Messages sent in one request of the kiosk, and what a broker does with them. */
export const messages =
  (times: number, spans: number, broker: (world: World, sent: [Sent, Sent], traceId: string) => Promise<unknown>): Provocation =>
  async (world) => {
    const { traceId, sent } = await send(world.kiosk, times);
    await broker(world, sent as [Sent, Sent], traceId);
    return grown(world.traces, traceId, spans);
  };

/** A trace in a file, from a tracer of one's own; no backend would take it. */
export const inFile = (ids: { traceId: string; spanId: string }): Trace => {
  const now = Date.now();
  const [trace] = readTraces(JSON.parse(otlp('bureau', [{ ...ids, name: 'stamp', kind: 'INTERNAL', startMs: now, endMs: now + 5 }])));
  return trace!;
};

/** Flags of a `traceparent` (W3C Trace Context). */
export const SAMPLED = '01';
export const NOT_SAMPLED = '00';

/** A request of somebody who sends a context, with these flags, and exports no span. */
export const calledWith =
  (flags: string, spans: number): Provocation =>
  async ({ kiosk, traces }) => {
    const traceId = crypto.randomUUID().replaceAll('-', '');
    await fetch(`${kiosk}/fine`, { headers: { traceparent: `00-${traceId}-${spanId()}-${flags}` } });
    return grown(traces, traceId, spans);
  };
