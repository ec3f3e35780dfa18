import type { Context } from '@opentelemetry/api';
import { carriedText, extract, inject, type Carrier, type ReceivedCarrier } from './carrier.ts';
import type { Immutable } from '../context/immutable.ts';
import { RequestContext } from '../context/request-context.ts';

/** Where a carrier has the RequestContext, as JSON by the names of its keys. */
const KEY = 'waymark-context';

/** How large a RequestContext may be that travels, in bytes of JSON. */
export const CONTEXT_MAX_BYTES = 8_192;

/**
 * The active context with its RequestContext as a carrier, for a job's row or a worker's message. Not for HTTP: whoever sends a header
 * would say who the user is.
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
