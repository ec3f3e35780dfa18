import { context, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api';

/** A context as plain strings (`traceparent`, `tracestate`, `baggage`), to travel in a job, a message or a header. */
export type Carrier = Record<string, string>;

/** The context as a carrier. Empty when there is nothing to carry. */
export function inject(from: Context = context.active()): Carrier {
  const carrier: Carrier = {};
  propagation.inject(from, carrier);
  return carrier;
}

/** The context that a carrier describes; one that describes none, or not validly, gives an empty context. Never throws. */
export function extract(carrier: Carrier): Context {
  return propagation.extract(ROOT_CONTEXT, carrier);
}
