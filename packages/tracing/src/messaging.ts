import { SpanKind, type Attributes, type Span } from '@opentelemetry/api';
import { baggageAttributes } from './baggage.ts';
import type { Carrier } from './carrier.ts';
import { pack, unpack } from './context-carrier.ts';
import { DEAD_LETTER, JOB_ATTEMPT, JOB_MAX_ATTEMPTS, NEXT_ATTEMPT } from './names.ts';
import { span } from './span.ts';

/** A message or job, in the terms of the semantic conventions for messaging. */
export interface Message {
  /** `messaging.system`: the queue's software. */
  system: string;
  /** `messaging.destination.name`: the queue or the job's name. */
  destination: string;
  /** `messaging.message.id`: unique over all messages. */
  id: string;
}

/**
 * Runs `fn`, which stores or sends the message together with the carrier, inside a PRODUCER span. The carrier has the trace, the baggage
 * and the RequestContext, whose values are then stored with the message.
 * @throws {RangeError} for a RequestContext of more than 8 KB
 */
export async function produce<T>(message: Message, fn: (carrier: Carrier) => Promise<T>): Promise<T> {
  return span(`send ${message.destination}`, () => fn(pack()), {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(message, 'send'),
  });
}

/** Which attempt at a message this is, counted from 1, and how many there may be. */
export interface Attempt {
  attempt: number;
  maxAttempts: number;
}

/**
 * Runs `fn`, which works the message off, inside a CONSUMER span: a child of the PRODUCER span whose carrier came along, with its
 * RequestContext, known by the names of its keys. If it fails, the span says what follows: the next attempt, or `deadLetter`.
 */
export async function consume<T>(message: Message, carrier: Carrier, { attempt, maxAttempts }: Attempt, fn: () => Promise<T>): Promise<T> {
  const producer = unpack(carrier);
  const attributes = {
    ...attributesOf(message, 'process'),
    [JOB_ATTEMPT]: attempt,
    [JOB_MAX_ATTEMPTS]: maxAttempts,
    ...baggageAttributes(producer),
  };
  const work = async (opened: Span): Promise<T> => {
    try {
      return await fn();
    } catch (error) {
      opened.setAttributes(attempt < maxAttempts ? { [NEXT_ATTEMPT]: attempt + 1 } : { [DEAD_LETTER]: true });
      throw error;
    }
  };
  return span(`process ${message.destination}`, work, { kind: SpanKind.CONSUMER, parent: producer, attributes });
}

/** Runs `fn`, which puts a message away that failed at its last attempt, inside a span below the PRODUCER span whose carrier came along. */
export async function deadLetter<T>(message: Message, carrier: Carrier, fn: () => Promise<T>): Promise<T> {
  const attributes = attributesOf(message, 'dead_letter');
  return span(`dead-letter ${message.destination}`, fn, { parent: unpack(carrier), attributes });
}

function attributesOf({ system, destination, id }: Message, operation: 'send' | 'process' | 'dead_letter'): Attributes {
  return {
    'messaging.system': system,
    'messaging.operation.name': operation,
    // The conventions know no type for a dead letter.
    ...(operation !== 'dead_letter' && { 'messaging.operation.type': operation }),
    'messaging.destination.name': destination,
    'messaging.message.id': id,
  };
}
