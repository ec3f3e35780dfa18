import { attributeText } from '../attribute.ts';
import { isLinked } from '../settled.ts';
import { clipped } from '../text.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule, Subject } from './finding.ts';

/**
 * Each PRODUCER span has a CONSUMER span of the same message, found by message id, parent or link. Exceptions are cancelled messages and
 * messages that are meant to be consumed in their own trace.
 */
export const messages: Rule = (subject) => {
  const consumers = subject.nodes.filter(({ span }) => span.kind === 'CONSUMER');
  const producers = subject.nodes.filter(({ span }) => span.kind === 'PRODUCER');
  const taken = subject.nodes.filter(({ span }) => text(span, 'messaging.operation.name') === 'cancel');
  const expected = producers.filter(({ span }) => !isLinked(span));
  const sent = new Set(producers.map(({ span }) => messageKey(span)));
  return [...lost(expected, [...consumers, ...taken]), ...consumers.flatMap((consumer) => received(consumer, sent))];
};

function lost(producers: Subject['nodes'], consumers: Subject['nodes']): Finding[] {
  const consumed = new Set(consumers.map(({ span }) => messageKey(span)));
  const linked = new Set(consumers.flatMap(({ span }) => span.links.map((link) => link.spanId)));
  const joined = new Set(consumers.filter(({ parent }) => parent?.span.kind === 'PRODUCER').map(({ span }) => text(span, DESTINATION)));
  return producers.flatMap(({ span, children }) => {
    const paired = children.some((child) => child.span.kind === 'CONSUMER') || linked.has(span.spanId);
    return paired || (messageKey(span) !== undefined && consumed.has(messageKey(span))) ? [] : [unconsumed(span, joined)];
  });
}

/** If other messages to the same destination were consumed in this trace, its consumers join the trace of the producer, so this one is an error. */
function unconsumed(span: Span, joined: ReadonlySet<string | undefined>): Finding {
  const message = `The ${messageOf(span)} that ${named(span)} sent was not consumed in this trace.`;
  return joined.has(text(span, DESTINATION))
    ? error(
        'message-lost',
        [span],
        message,
        'Other messages to the same destination were consumed in this trace. This one is waiting or lost, or its consumer lost the context.',
      )
    : note(
        'message-unconsumed',
        [span],
        message,
        'It has not been consumed yet, or its consumer has its own trace that links to this one, or the consumer lost the context.',
      );
}

function received({ span, parent }: SpanNode, sent: ReadonlySet<string | undefined>): Finding[] {
  const sender = parent?.span;
  if (sender?.kind === 'PRODUCER' && contradicts(sender, span)) {
    const message = `${named(span)} consumed ${messageOf(span)}, but its parent ${named(sender)} sent ${messageOf(sender)}.`;
    return [
      error(
        'message-mismatch',
        [span, sender],
        message,
        'The consumer used the context of another message: of its batch, or of the previous one.',
      ),
    ];
  }
  const known = sender || span.links.length > 0 || span.parentSpanId !== undefined;
  const key = messageKey(span);
  if (known || (key !== undefined && sent.has(key))) return [];
  const message = `${named(span)} consumed ${messageOf(span)}, but its sender is unknown.`;
  return [note('message-unproduced', [span], message, 'The producer is not traced, or the message has no trace context.')];
}

/** Some brokers give a retried message a new id, so a missing id on one side is no contradiction; two different ids are. */
const contradicts = (sender: Span, receiver: Span): boolean => {
  const [sent, taken] = [text(sender, ID), text(receiver, ID)];
  return sent !== undefined && taken !== undefined && sent !== taken;
};

const ID = 'messaging.message.id';
const DESTINATION = 'messaging.destination.name';

const text = (span: Span, name: string): string | undefined =>
  span.attributes[name] === undefined ? undefined : attributeText(span.attributes[name]);

/** Ids are unique only within one messaging system. */
function messageKey(span: Span): string | undefined {
  const id = text(span, ID);
  return id === undefined ? undefined : `${text(span, 'messaging.system')}/${id}`;
}

const messageOf = (span: Span): string => `message ${clipped(text(span, ID) ?? 'without id')}`;
