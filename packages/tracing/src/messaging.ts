import { context, SpanKind } from '@opentelemetry/api';
import { baggageAttributes } from './baggage.ts';
import { extract, inject, type Carrier } from './carrier.ts';
import { JOB_ATTEMPT, JOB_MAX_ATTEMPTS } from './names.ts';
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

/** Runs `fn`, which stores or sends the message together with the carrier, inside a PRODUCER span. */
export async function produce<T>(message: Message, fn: (carrier: Carrier) => Promise<T>): Promise<T> {
  return span(`send ${message.destination}`, () => fn(inject()), {
    kind: SpanKind.PRODUCER,
    attributes: attributesOf(message, 'send'),
  });
}

/** Runs `fn`, which works the message off, inside a CONSUMER span: a child of the PRODUCER span whose carrier came along. */
export async function consume<T>(
  message: Message,
  carrier: Carrier,
  { attempt, maxAttempts }: { attempt: number; maxAttempts: number },
  fn: () => Promise<T>,
): Promise<T> {
  const producer = extract(carrier);
  return span(`process ${message.destination}`, () => fn(), {
    kind: SpanKind.CONSUMER,
    parent: producer,
    attributes: {
      ...attributesOf(message, 'process'),
      [JOB_ATTEMPT]: attempt,
      [JOB_MAX_ATTEMPTS]: maxAttempts,
      ...baggageAttributes(producer),
    },
  });
}

/** Runs `fn` as if it were called where the carrier was made. */
export function continueFrom<T>(carrier: Carrier, fn: () => T): T {
  return context.with(extract(carrier), fn);
}

function attributesOf({ system, destination, id }: Message, operation: 'send' | 'process'): Record<string, string> {
  return {
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': destination,
    'messaging.message.id': id,
  };
}
