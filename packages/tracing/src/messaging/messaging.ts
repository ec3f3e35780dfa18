import { context, SpanKind, trace, type Attributes, type Context, type Link, type Span } from '@opentelemetry/api';
import { type Carrier, extract, pack, type ReceivedCarrier, span, type SpanOptions, unpack } from '@waymark/context';
import {
  BATCH_ITEMS,
  DEAD_LETTER,
  JOB_ATTEMPT,
  JOB_MAX_ATTEMPTS,
  NEXT_ATTEMPT,
  NEXT_ATTEMPT_AT,
  TRACE_MODE,
} from '@waymark/semantic-conventions';
import { baggageAttributes } from '../baggage.ts';
import { startSpan } from '../span.ts';

/** A message or job, in the terms of the semantic conventions for messaging. */
export interface Message {
  /** `messaging.system`: the queue's software. */
  system: string;
  /** `messaging.destination.name`: the queue or the job's name. */
  destination: string;
  /** `messaging.message.id`: unique over all messages. */
  id: string;
  /**
   * `parent`, the default: what becomes of the message joins the producer's trace, which promises it (docs/manifest.md). `link`: each of
   * its attempts is a trace of its own, linked to the PRODUCER span. The same to the message's end.
   */
  trace?: 'parent' | 'link';
}

/**
 * Runs `fn`, which stores or sends the message together with the carrier, inside a PRODUCER span. The carrier has the trace, the baggage
 * and the RequestContext, whose values are then stored with the message.
 * @param again the carrier of an earlier message that this one repeats: the span is linked there
 * @throws {RangeError} for a RequestContext of more than 8 KB
 */
export async function produce<T>(message: Message, fn: (carrier: Carrier) => Promise<T>, again: ReceivedCarrier = {}): Promise<T> {
  return span(`send ${message.destination}`, () => fn(pack()), {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(message, 'send'),
    links: linksTo(extract(again)),
  });
}

/** Which attempt at a message this is, counted from 1, and how many there may be. */
export interface Attempt {
  attempt: number;
  maxAttempts: number;
  /** Whether an attempt that failed with this error does not count: another follows in any case. */
  postpones?: (error: unknown) => boolean;
  /** When the next attempt is due after this error, in milliseconds since 1970. */
  dueMs?: (error: unknown) => number;
}

/** No further attempt would do better: nobody understands the message. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
  readonly code = 'poison_payload';
}

/**
 * Runs `fn`, which works the message off, inside a CONSUMER span: a child of the PRODUCER span whose carrier came along or, in mode `link`,
 * a root that is linked to it. Baggage and RequestContext come along too; the latter's keys are known by name. If it fails, the span
 * says what follows: the next attempt or, after the last one and for a `PoisonError`, `deadLetter`.
 */
export async function consume<T>(
  message: Message,
  carrier: ReceivedCarrier,
  { attempt, maxAttempts, postpones, dueMs }: Attempt,
  fn: () => Promise<T>,
): Promise<T> {
  const { sender, request } = unpack(carrier);
  const attributes = {
    ...attributesOf(message, 'process'),
    [JOB_ATTEMPT]: attempt,
    [JOB_MAX_ATTEMPTS]: maxAttempts,
    ...baggageAttributes(sender),
  };
  const work = async (opened: Span): Promise<T> => {
    try {
      return await fn();
    } catch (error) {
      const isLast = error instanceof PoisonError || (attempt >= maxAttempts && !postpones?.(error));
      const due = isLast ? undefined : dueMs?.(error);
      opened.setAttributes(isLast ? { [DEAD_LETTER]: true } : { [NEXT_ATTEMPT]: attempt + 1 });
      if (due !== undefined) opened.setAttribute(NEXT_ATTEMPT_AT, new Date(due).toISOString());
      throw error;
    }
  };
  const options = { kind: SpanKind.CONSUMER, attributes, ...after(sender, message) };
  return request.run(() => span(`process ${message.destination}`, work, options));
}

/**
 * Runs `fn`, which puts a message away that failed at its last attempt, inside a span that stands to the PRODUCER span, whose carrier came
 * along, as that of an attempt does.
 */
export async function deadLetter<T>(message: Message, carrier: ReceivedCarrier, fn: () => Promise<T>): Promise<T> {
  const { sender, request } = unpack(carrier);
  const options = { attributes: attributesOf(message, 'dead_letter'), ...after(sender, message) };
  return request.run(() => span(`dead-letter ${message.destination}`, fn, options));
}

/**
 * Says that a message that waited was taken back: with a span below the PRODUCER span whose carrier came along, which keeps its promise, and
 * links between it and the active span, so that one gets from either trace to the other. Call it once it is certain. In mode `link`
 * nothing was promised, and nothing is said.
 */
export function cancelled(message: Message, carrier: ReceivedCarrier): void {
  if (message.trace === 'link') return;
  const producer = extract(carrier);
  const attributes = attributesOf(message, 'cancel');
  const taken = startSpan(`cancel ${message.destination}`, { attributes, links: linksTo(context.active()) }, producer);
  trace.getActiveSpan()?.addLink({ context: taken.spanContext() });
  taken.end();
}

/** How many links `linkItems` makes: the SDK keeps 128 of a span, and the first may lead to the PRODUCER. */
const LINKED_ITEMS = 127;

/**
 * Links the active span to where each of the items that it works on came from, by their carriers, and says how many there are. The first
 * 127 have links: put those first that matter most.
 */
export function linkItems(carriers: readonly ReceivedCarrier[]): void {
  const active = trace.getActiveSpan();
  active?.setAttribute(BATCH_ITEMS, carriers.length);
  active?.addLinks(carriers.slice(0, LINKED_ITEMS).flatMap((carrier) => linksTo(extract(carrier))));
}

/** Below the PRODUCER span, or with nothing but a link to it. */
function after(producer: Context, { trace: mode }: Message): SpanOptions {
  return mode === 'link' ? { parent: trace.deleteSpan(producer), links: linksTo(producer) } : { parent: producer };
}

function linksTo(origin: Context): Link[] {
  const found = trace.getSpanContext(origin);
  return found ? [{ context: found }] : [];
}

/** The conventions have types for these two; for a dead letter or a cancellation they know none. */
const TYPED = new Set(['send', 'process']);

function attributesOf(
  { system, destination, id, trace: mode }: Message,
  operation: 'send' | 'process' | 'dead_letter' | 'cancel',
): Attributes {
  return {
    'messaging.system': system,
    'messaging.operation.name': operation,
    ...(TYPED.has(operation) && { 'messaging.operation.type': operation }),
    'messaging.destination.name': destination,
    'messaging.message.id': id,
    ...(mode === 'link' && { [TRACE_MODE]: mode }),
  };
}
