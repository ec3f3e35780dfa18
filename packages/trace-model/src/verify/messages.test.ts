import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { messaging } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const producer: Parts = { n: 1, kind: 'PRODUCER', ms: [0, 1], attributes: messaging('17') };
const consumer: Parts = { n: 2, parent: 1, kind: 'CONSUMER', ms: [5, 9], attributes: messaging('17') };
const { 'messaging.message.id': _, ...withoutId } = messaging('');

test.each<[string, readonly Parts[], readonly string[]]>([
  ['by parent and id', [producer, consumer], []],
  [
    'by parent alone',
    [
      { ...producer, attributes: withoutId },
      { ...consumer, attributes: withoutId },
    ],
    [],
  ],
  ['by link', [{ n: 9 }, { ...producer, parent: 9 }, { ...consumer, parent: 9, attributes: withoutId, links: [1] }], []],
  [
    'by id',
    [
      { n: 9, ms: [0, 20] },
      { ...producer, parent: 9 },
      { ...consumer, parent: 9 },
    ],
    [],
  ],
])('producer and consumer find each other %s', (_name, spans, expected) => {
  expect(codes(...spans)).toEqual(expected);
});

test('two messages without ids are not the same message', () => {
  const anonymous = { attributes: withoutId };
  expect(codes({ ...producer, ...anonymous }, { n: 2, kind: 'CONSUMER', ...anonymous })).toEqual([
    'root-several 1 2',
    '[message-unconsumed 1]',
    '[message-unproduced 2]',
  ]);
  expect(found({ ...producer, ...anonymous })[0]?.message).toBe(
    'The message without id that shop "span 1" (0000000000000001) sent was not consumed in this trace.',
  );
});

test('an unconsumed message is a note, or an error if others to its destination were consumed', () => {
  expect(codes(producer)).toEqual(['[message-unconsumed 1]']);
  const second: Parts = { ...producer, n: 3, parent: 1, attributes: messaging('18') };
  expect(codes(producer, consumer, second)).toEqual(['message-lost 3']);
});

test('a consumer below the producer of another message is an error', () => {
  expect(codes(producer, { ...consumer, attributes: messaging('18') })).toEqual(['message-mismatch 2 1']);
});

test('a consumer that begins a trace is a note, unless it links to the producer', () => {
  const alone: Parts = { n: 2, kind: 'CONSUMER', attributes: messaging('17') };
  expect(codes(alone)).toEqual(['[message-unproduced 2]']);
  expect(codes({ ...alone, links: [7] })).toEqual([]);
});
