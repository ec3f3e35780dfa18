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
  /** `messaging.system`: the queueing software, such as `kafka`. */
  system: string;
  /** `messaging.destination.name`: the queue or the job's name. */
  destination: string;
  /** `messaging.message.id`: unique among all messages. */
  id: string;
  /**
   * `parent` (the default): attempts join the producer's trace, which promises them (docs/manifest.md). `link`: each attempt starts its own
   * trace, linked to the PRODUCER span. Use the same mode in all calls for a message.
   */
  trace?: 'parent' | 'link';
}

/**
 * Runs `fn` in a PRODUCER span. `fn` must send or store the carrier with the message. The carrier holds the trace, the baggage and the values
 * of the RequestContext.
 * @param again the carrier of an earlier message that this one repeats; the span is linked to it
 * @throws {RangeError} if the RequestContext is larger than 8 KB
 */
export async function produce<T>(message: Message, fn: (carrier: Carrier) => Promise<T>, again: ReceivedCarrier = {}): Promise<T> {
  return span(`send ${message.destination}`, () => fn(pack()), {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(message, 'send'),
    links: linksTo(extract(again)),
  });
}

/** The number of this attempt, counted from 1, and the maximum. */
export interface Attempt {
  attempt: number;
  maxAttempts: number;
  /** Whether an attempt that failed with this error doesn't count, so that another always follows. */
  postpones?: (error: unknown) => boolean;
  /** When the attempt after this error is due, in milliseconds since 1970. */
  dueMs?: (error: unknown) => number;
}

/** Throw it if a message can't be processed at all, for example because nobody understands it: there is no further attempt. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
  readonly code = 'poison_payload';
}

/**
 * Runs `fn`, which processes the message, in a CONSUMER span: a child of the PRODUCER span in the carrier or, in mode `link`, a root with a
 * link to it. Restores baggage and RequestContext; keys of the RequestContext are matched by name. If `fn` fails, the span records what
 * follows: the next attempt or, after the last attempt or a `PoisonError`, the dead letter.
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
 * Runs `fn`, which stores a message whose last attempt failed, in a span. Like the span of an attempt, it is a child of the PRODUCER span or,
 * in mode `link`, linked to it.
 */
export async function deadLetter<T>(message: Message, carrier: ReceivedCarrier, fn: () => Promise<T>): Promise<T> {
  const { sender, request } = unpack(carrier);
  const options = { attributes: attributesOf(message, 'dead_letter'), ...after(sender, message) };
  return request.run(() => span(`dead-letter ${message.destination}`, fn, options));
}

/**
 * Records that a waiting message was cancelled: adds a span below its PRODUCER span, which keeps that span's promise, and links this span and
 * the active one to each other. Call it when the cancellation is final. Does nothing in mode `link`, which promises nothing.
 */
export function cancelled(message: Message, carrier: ReceivedCarrier): void {
  if (message.trace === 'link') return;
  const producer = extract(carrier);
  const attributes = attributesOf(message, 'cancel');
  const taken = startSpan(`cancel ${message.destination}`, { attributes, links: linksTo(context.active()) }, producer);
  trace.getActiveSpan()?.addLink({ context: taken.spanContext() });
  taken.end();
}

/** The SDK keeps 128 links per span, and the first may be the one to the PRODUCER span. */
const LINKED_ITEMS = 127;

/**
 * For batches: links the active span to the span in each item's carrier, and records the number of items. Only the first 127 items are
 * linked, so put the most important first.
 */
export function linkItems(carriers: readonly ReceivedCarrier[]): void {
  const active = trace.getActiveSpan();
  active?.setAttribute(BATCH_ITEMS, carriers.length);
  active?.addLinks(carriers.slice(0, LINKED_ITEMS).flatMap((carrier) => linksTo(extract(carrier))));
}

/** Makes a span a child of the PRODUCER span or, in mode `link`, a root with a link to it. */
function after(producer: Context, { trace: mode }: Message): SpanOptions {
  return mode === 'link' ? { parent: trace.deleteSpan(producer), links: linksTo(producer) } : { parent: producer };
}

function linksTo(origin: Context): Link[] {
  const found = trace.getSpanContext(origin);
  return found ? [{ context: found }] : [];
}

/** The conventions define operation types for these two, but none for dead letters or cancellations. */
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
