import { attributeText } from '../attribute.ts';
import { isLinked } from '../settled.ts';
import { clipped } from '../text.ts';
import type { Span } from '../trace.ts';
import type { SpanNode } from '../tree.ts';
import { error, named, note } from './finding.ts';
import type { Finding, Rule, Subject } from './finding.ts';

/**
 * A PRODUCER span and the CONSUMER span of the same message find each other, by message id, parent or link. A message that was cancelled, or
 * that is consumed in a trace of its own by intent, is not missed.
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

/** Whether consumers of a destination join the trace of the producer or link to it, the trace itself shows: other messages were consumed in it. */
function unconsumed(span: Span, joined: ReadonlySet<string | undefined>): Finding {
  const message = `Nobody in this trace consumed ${messageOf(span)} of ${named(span)}.`;
  return joined.has(text(span, DESTINATION))
    ? error(
        'message-lost',
        [span],
        message,
        'Other messages to the same destination were consumed in this trace: this one is waiting, lost, or its consumer lost the context.',
      )
    : note(
        'message-unconsumed',
        [span],
        message,
        'It is not consumed yet, or its consumer has a trace of its own that links here, or lost the context.',
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
        'The consumer took the context of another message: of the batch, or of the one before.',
      ),
    ];
  }
  const known = sender || span.links.length > 0 || span.parentSpanId !== undefined;
  const key = messageKey(span);
  if (known || (key !== undefined && sent.has(key))) return [];
  const message = `${named(span)} consumed ${messageOf(span)}, and nothing says who sent it.`;
  return [note('message-unproduced', [span], message, 'The producer is not traced, or the context was not put into the message.')];
}

/** A message that is tried again may get a new id with some brokers, but never the id of a message with other content. */
const contradicts = (sender: Span, receiver: Span): boolean => {
  const [sent, taken] = [text(sender, ID), text(receiver, ID)];
  return sent !== undefined && taken !== undefined && sent !== taken;
};

const ID = 'messaging.message.id';
const DESTINATION = 'messaging.destination.name';

const text = (span: Span, name: string): string | undefined =>
  span.attributes[name] === undefined ? undefined : attributeText(span.attributes[name]);

/** Ids are unique within a system, not between two. */
function messageKey(span: Span): string | undefined {
  const id = text(span, ID);
  return id === undefined ? undefined : `${text(span, 'messaging.system')}/${id}`;
}

const messageOf = (span: Span): string => `message ${clipped(text(span, ID) ?? 'without id')}`;
