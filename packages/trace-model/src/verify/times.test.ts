import { expect, test } from '@jest/globals';
import { codes, found } from '../testing/codes.ts';
import { http, messaging } from '../testing/span.ts';
import type { SpanParts as Parts } from '../testing/span.ts';

const parent = { n: 1, ms: [10, 20], attributes: { 'waymark.segment.spans': 2n } } as const;

test.each<[string, Parts, readonly string[]]>([
  ['within', { n: 2, parent: 1, ms: [10, 20] }, []],
  ['late by less than the tolerance', { n: 2, parent: 1, ms: [11, 22] }, []],
  ['early by less than the tolerance', { n: 2, parent: 1, ms: [8, 12] }, []],
  ['later than the tolerance', { n: 2, parent: 1, ms: [11, 22.001] }, ['child-outside-parent 2 1']],
  ['earlier than the tolerance', { n: 2, parent: 1, ms: [7.9, 12] }, ['child-outside-parent 2 1']],
  ['late, and linked', { n: 2, parent: 1, ms: [11, 90], links: [1] }, ['child-outside-parent 2 1']],
  ['ended before it started', { n: 2, parent: 1, ms: [15, 12] }, ['ends-before-start 2']],
])('a child that is %s', (_name, child, expected) => {
  expect(codes(parent, child)).toEqual(expected);
});

test('a consumer or a detached task can end after its parent', () => {
  const alone = { ...parent, service: 'worker', attributes: { 'waymark.segment.spans': 1n } };
  const late = { n: 2, parent: 1, ms: [11, 90] } as const;
  expect(codes(alone, { ...late, kind: 'CONSUMER', attributes: messaging('17') })).toEqual([]);
  expect(codes(alone, { ...late, service: 'worker', attributes: { 'waymark.segment.spans': 1n } })).toEqual([]);
});

test('without a manifest, a child that ends after its parent is a note, because OpenTelemetry allows it', () => {
  expect(codes({ n: 1, ms: [10, 20] }, { n: 2, parent: 1, ms: [11, 121] })).toEqual(['[child-outside-parent 2 1]']);
});

test('without a manifest, a child can end slightly after its parent', () => {
  const call = { n: 2, parent: 1, kind: 'CLIENT', ms: [11, 119], attributes: http.client(200) } as const;
  const server = { n: 3, parent: 2, kind: 'SERVER', service: 'order', ms: [12, 118], attributes: http.server(200) } as const;
  expect(codes({ n: 1, ms: [10, 20] }, call, server)).toEqual([]);
  expect(codes(parent, call, server)).toEqual(['child-outside-parent 2 1']);
});

test("with the clock of OpenTelemetry's SDK, a child can end slightly after its parent, also with a manifest", () => {
  const attributes = { 'service.name': 'shop', 'telemetry.sdk.name': 'opentelemetry', 'telemetry.sdk.language': 'nodejs' };
  const resource = { attributes, droppedAttributes: 0, schemaUrl: '' };
  const onSdk = (ms: readonly [number, number]): readonly string[] => codes({ ...parent, resource }, { n: 2, parent: 1, ms, resource });
  expect(onSdk([11, 44])).toEqual([]);
  expect(onSdk([11, 46])).toEqual(['child-outside-parent 2 1']);
  expect(onSdk([7.9, 12])).toEqual(['child-outside-parent 2 1']);
});

test('a consumer can run at any time after its message, but not before it', () => {
  const sent = { n: 1, kind: 'PRODUCER', ms: [10, 20], attributes: messaging('17') } as const;
  const consumer = { n: 2, parent: 1, kind: 'CONSUMER', attributes: messaging('17') } as const;
  expect(codes(sent, { ...consumer, ms: [500, 600] })).toEqual([]);
  expect(codes(sent, { ...consumer, ms: [5, 600] })).toEqual(['async-too-early 2 1']);
  expect(codes({ ...sent, attributes: messaging('18') }, { n: 3, parent: 1, ms: [500, 600] })).toEqual(['[message-unconsumed 1]']);
});

test('a span without an end has not ended', () => {
  expect(codes({ n: 1 }, { n: 2, parent: 1, end: 0n })).toEqual(['not-ended 2']);
});

test('the message says how long, and names both spans', () => {
  expect(found(parent, { n: 2, parent: 1, ms: [11, 50], name: 'audit' })[0]?.message).toBe(
    'shop "audit" (0000000000000002) ends 30.0 ms after its parent shop "span 1" (0000000000000001).',
  );
});
