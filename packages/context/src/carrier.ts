import { context, propagation, ROOT_CONTEXT, type Context, type TextMapGetter } from '@opentelemetry/api';
import type { Immutable } from './immutable.ts';
import { RequestContext } from './request-context.ts';

/** A context as plain strings (`traceparent`, `tracestate`, `baggage`), to travel in a job, a message or a header. */
export type Carrier = Record<string, string>;

/** The context as a carrier. Empty when there is nothing to carry. */
export function inject(from: Context = context.active()): Carrier {
  const carrier: Carrier = {};
  propagation.inject(from, carrier);
  return carrier;
}

/** What a queue hands over in place of the text that was sent: a header of Kafka, or a message attribute of SQS. */
type CarriedValue = string | Buffer | readonly (string | Buffer)[] | { StringValue?: string } | { stringValue?: string } | undefined;

/**
 * A carrier as it arrives: what `inject` or `produce` gave, the headers of a Kafka or AMQP message, or the message attributes of SQS, as its SDK
 * or Lambda has them. Whatever else is in it is ignored.
 */
export type ReceivedCarrier = Readonly<Record<string, CarriedValue>>;

/** A carrier as message attributes for SQS or SNS. SQS takes ten attributes for a message; a carrier has four at most. */
export function messageAttributes(carrier: Carrier): Record<string, { DataType: 'String'; StringValue: string }> {
  return Object.fromEntries(Object.entries(carrier).map(([name, value]) => [name, { DataType: 'String' as const, StringValue: value }]));
}

/** The text of one value of a carrier. */
function carriedText(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first;
  if (Buffer.isBuffer(first)) return first.toString();
  if (typeof first !== 'object' || first === null) return undefined;
  const { StringValue, stringValue } = first as { StringValue?: unknown; stringValue?: unknown };
  const text = StringValue ?? stringValue;
  return typeof text === 'string' ? text : undefined;
}

const getter: TextMapGetter<ReceivedCarrier> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, name) => carriedText(carrier[name]),
};

/** The context that a carrier describes; one that describes none, or not validly, gives an empty context. Never throws. */
export function extract(carrier: ReceivedCarrier): Context {
  return propagation.extract(ROOT_CONTEXT, carrier, getter);
}

/** Where a carrier has the RequestContext, as JSON by the names of its keys. */
const KEY = 'waymark-context';

/** How large a RequestContext may be that travels, in bytes of JSON. */
export const CONTEXT_MAX_BYTES = 8_192;

/**
 * The active context with its RequestContext as a carrier, for a job's row or a worker's message. Do not use it for HTTP: a caller could then
 * set the values, such as the user, by a header.
 * @throws {RangeError} for a RequestContext beyond `CONTEXT_MAX_BYTES`
 */
export function pack(): Carrier {
  const record = RequestContext.current().toRecord();
  if (Object.keys(record).length === 0) return inject();
  const json = JSON.stringify(record);
  const bytes = Buffer.byteLength(json);
  if (bytes <= CONTEXT_MAX_BYTES) return { ...inject(), [KEY]: json };
  throw new RangeError(
    `The RequestContext is ${bytes} bytes of JSON, and at most ${CONTEXT_MAX_BYTES} travel with a job or a task: keep ids in it and load the rest. It has ${Object.keys(record).join(', ')}`,
  );
}

/** What `pack` put into a carrier: the sender's trace and baggage, and its RequestContext. Invalid parts are left out. Never throws. */
export function unpack(carrier: ReceivedCarrier): { sender: Context; request: RequestContext } {
  return { sender: extract(carrier), request: received(carriedText(carrier[KEY])) ?? RequestContext.empty };
}

function received(json: unknown): RequestContext | undefined {
  if (typeof json !== 'string' || Buffer.byteLength(json) > CONTEXT_MAX_BYTES) return undefined;
  try {
    const record: unknown = JSON.parse(json);
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return undefined;
    return RequestContext.fromRecord(record as Record<string, Immutable>);
  } catch {
    return undefined;
  }
}

/** Runs `fn` with these entries added to the active baggage (W3C Baggage), which then travels with every call, message and job. */
export function withBaggage<T>(entries: Readonly<Record<string, string>>, fn: () => T): T {
  let baggage = propagation.getActiveBaggage() ?? propagation.createBaggage();
  for (const [key, value] of Object.entries(entries)) baggage = baggage.setEntry(key, { value });
  return context.with(propagation.setBaggage(context.active(), baggage), fn);
}
