import { expect, test } from '@jest/globals';
import { settled } from './settled.ts';
import { span, trace, type SpanParts } from './testing/span.ts';
import type { Trace } from './trace.ts';
import { verify } from './verify/verify.ts';

const size = (spans: number, more = {}) => ({ 'waymark.segment.spans': BigInt(spans), ...more });
const message = (more = {}) => ({ 'messaging.system': 'queue', 'messaging.message.id': '17', ...more });

/** gateway calls order, which queries a database, sends a message and processes it later. Everything that a trace can declare is here and complete. */
const WHOLE: SpanParts[] = [
  { n: 1, service: 'gateway', kind: 'SERVER', name: 'POST /v1/orders', attributes: size(2, { 'waymark.entry': true }) },
  { n: 2, parent: 1, service: 'gateway', kind: 'CLIENT', name: 'POST /orders', attributes: { 'waymark.peer.span': '0000000000000003' } },
  { n: 3, parent: 2, service: 'order', kind: 'SERVER', name: 'POST /orders', attributes: size(3) },
  { n: 4, parent: 3, service: 'order', name: 'INSERT orders' },
  { n: 5, parent: 3, service: 'order', kind: 'PRODUCER', name: 'send fulfil', attributes: message() },
  {
    n: 6,
    parent: 5,
    service: 'order',
    kind: 'CONSUMER',
    name: 'process fulfil',
    ms: [20, 30],
    attributes: size(1, message({ 'waymark.job.attempt': 1n, 'waymark.job.next_attempt': 2n })),
  },
  {
    n: 7,
    parent: 5,
    service: 'order',
    kind: 'CONSUMER',
    name: 'process fulfil',
    ms: [40, 50],
    attributes: size(1, message({ 'waymark.job.attempt': 2n, 'waymark.job.dead_letter': true })),
  },
  {
    n: 8,
    parent: 5,
    service: 'order',
    name: 'dead-letter fulfil',
    ms: [60, 70],
    attributes: size(1, message({ 'messaging.operation.name': 'dead_letter' })),
  },
];

const without = (...numbers: number[]): Trace => trace(...WHOLE.filter(({ n }) => !numbers.includes(n)).map(span));
const awaitedOf = (given: Trace): string[] => settled(given).awaited.map(({ message: words }) => words);

test('a trace is settled when everything it declares has arrived', () => {
  expect(settled(without())).toEqual({ settled: true, awaited: [], lost: [], undeclared: [], unknown: [] });
});

test.each([
  [[4], ['1 of the 3 spans of order `POST /orders`']],
  [[3, 4, 5, 6, 7, 8], ['the server span 0000000000000003 that answered gateway `POST /orders`']],
  [[6, 7, 8], ['a consumer of the message that order `send fulfil` sent']],
  [[7, 8], ['attempt 2 of `process fulfil`']],
  [[8], ['the dead letter of `process fulfil`']],
  [[1], ['the span 0000000000000001 above gateway `POST /orders`']],
  [[1, 2], ['the span 0000000000000002 above order `POST /orders`']],
])('without %j it awaits %j', (numbers, awaited) => {
  expect(awaitedOf(without(...numbers))).toEqual(awaited);
});

test('an empty trace awaits its first span', () => {
  expect(settled(trace())).toMatchObject({ settled: false, awaited: [{ what: 'root' }] });
});

test('an attempt is lost if a later attempt is here', () => {
  expect(settled(without(6))).toMatchObject({
    awaited: [],
    lost: [{ what: 'lost-attempt', message: 'attempt 1 of `process fulfil` (its process was killed or lost its spans)' }],
  });
});

test('the loss of any single span is noticed', () => {
  for (const { n } of WHOLE) {
    const { awaited, lost } = settled(without(n));
    expect(awaited.length + lost.length).toBeGreaterThan(0);
  }
});

test('an entry that was called from outside awaits no parent', () => {
  const entry = WHOLE.map((parts) => span(parts.n === 1 ? { ...parts, parent: 99 } : parts));
  expect(settled(trace(...entry)).settled).toBe(true);
});

test('a span that starts after its segment has ended is a finding and not awaited', () => {
  const late = span({ n: 9, parent: 3, service: 'order', name: 'SELECT audit', ms: [15, 16] });
  const outlived = trace(...WHOLE.map(span), late);
  expect(settled(outlived).settled).toBe(true);
  const found = verify(outlived).find(({ code }) => code === 'segment-outlived');
  expect(found?.message).toContain('declared 3 spans and has 4: order "SELECT audit"');
});

/** A request starts a detached task, which starts another one. Both outlive the request. */
const DETACHED: SpanParts[] = [
  { n: 1, kind: 'SERVER', name: 'POST /orders', attributes: size(1, { 'waymark.segment.detached': ['0000000000000002'] }) },
  {
    n: 2,
    parent: 1,
    name: 'send receipt',
    ms: [5, 30],
    attributes: size(2, { 'waymark.segment.detached': ['0000000000000004'] }),
  },
  { n: 3, parent: 2, name: 'render', ms: [6, 25] },
  { n: 4, parent: 2, name: 'archive', ms: [20, 40], attributes: size(1) },
];

test('a detached task is its own segment, which can end after the request', () => {
  const whole = trace(...DETACHED.map(span));
  expect(settled(whole)).toEqual({ settled: true, awaited: [], lost: [], undeclared: [], unknown: [] });
  expect(verify(whole)).toEqual([]);
});

test.each([
  [[2, 3, 4], ['the detached task 0000000000000002 of shop `POST /orders`']],
  [[4], ['the detached task 0000000000000004 of shop `send receipt`']],
  [[3], ['1 of the 2 spans of shop `send receipt`']],
  [[1], ['the span 0000000000000001 above shop `send receipt`']],
])('a detached task is awaited by its id: without %j it awaits %j', (numbers, awaited) => {
  const rest = trace(...DETACHED.filter(({ n }) => !numbers.includes(n)).map(span));
  expect(awaitedOf(rest)).toEqual(awaited);
});

test('the ids of detached tasks are also read from the text of Jaeger v1', () => {
  const text = { ...DETACHED[0]!, attributes: size(1, { 'waymark.segment.detached': '["0000000000000002","0000000000000009"]' }) };
  expect(settled(trace(span(text))).awaited).toMatchObject([
    { what: 'detached', message: 'the detached task 0000000000000002 of shop `POST /orders`', spanIds: ['0000000000000001'] },
    { what: 'detached', message: 'the detached task 0000000000000009 of shop `POST /orders`' },
  ]);
});

/** What `verify` says is missing. */
const missed = (given: Trace): string[] =>
  verify(given).flatMap(({ code }) => (/-(missing|short|unconsumed|lost)$/.test(code) && code !== 'attribute-missing' ? [code] : []));

const cancel = (more = {}) => ({
  n: 9,
  parent: 5,
  service: 'order',
  name: 'cancel fulfil',
  links: [1],
  attributes: size(1, message(more)),
});

test.each([[[6, 7, 8]], [[7, 8]], [[8]]])('a cancelled message has ended: without the spans %j nothing is awaited', (numbers) => {
  const ended = trace(...without(...numbers).spans, span(cancel({ 'messaging.operation.name': 'cancel' })));
  expect(settled(ended)).toEqual({ settled: true, awaited: [], lost: [], undeclared: [], unknown: [] });
  expect(missed(ended)).toEqual([]);
});

test('the cancellation of another message does not count', () => {
  const other = cancel({ 'messaging.operation.name': 'cancel', 'messaging.message.id': '18' });
  expect(awaitedOf(trace(...without(6, 7, 8).spans, span(other)))).toEqual(['a consumer of the message that order `send fulfil` sent']);
});

test('nothing is awaited of a message whose attempts have their own traces', () => {
  const own = message({ 'waymark.job.trace_mode': 'link' });
  const sent = trace(...WHOLE.filter(({ n }) => n < 6).map((parts) => span(parts.n === 5 ? { ...parts, attributes: own } : parts)));
  const attempt = { 'waymark.job.attempt': 2n, 'waymark.job.next_attempt': 3n };
  const worked = trace(span({ n: 6, kind: 'CONSUMER', links: [5], attributes: size(1, { ...own, ...attempt }) }));
  const last = trace(
    span({ n: 7, kind: 'CONSUMER', links: [5], error: true, attributes: size(1, { ...own, ...attempt, 'waymark.job.dead_letter': true }) }),
  );
  for (const each of [sent, worked, last]) {
    expect(settled(each)).toMatchObject({ settled: true, awaited: [] });
  }
  expect(missed(sent)).toEqual([]);
});

test('nothing is awaited because of a message id alone: other tracers write it too', () => {
  const foreign: SpanParts[] = [
    ...WHOLE.slice(0, 2),
    { n: 3, parent: 2, service: 'order', kind: 'SERVER', name: 'POST /orders' },
    { n: 5, parent: 3, service: 'order', kind: 'PRODUCER', name: 'send fulfil', attributes: message() },
  ];
  expect(settled(trace(...foreign.map(span)))).toEqual({ settled: false, awaited: [], lost: [], undeclared: ['order'], unknown: [] });
  expect(missed(trace(...foreign.map(span)))).toEqual(['message-unconsumed']);
});

test('a consumer is awaited if its producer is in a segment that declares its size, at any depth', () => {
  const deep: SpanParts[] = [
    { n: 1, kind: 'SERVER', name: 'POST /orders', attributes: size(3) },
    { n: 2, parent: 1, name: 'place' },
    { n: 3, parent: 2, kind: 'PRODUCER', name: 'send fulfil', attributes: message() },
  ];
  expect(awaitedOf(trace(...deep.map(span)))).toEqual(['a consumer of the message that shop `send fulfil` sent']);
});

test('the names of awaited spans cannot control the terminal', () => {
  const hostile = '\u001b[2Jevil\n::error::\u202e';
  const spans = [
    span({ n: 1, service: hostile, name: hostile, kind: 'SERVER', attributes: size(9, { 'waymark.peer.span': hostile }) }),
    span({ n: 2, parent: 1, service: hostile, name: hostile, kind: 'PRODUCER', attributes: message() }),
    { ...span({ n: 3, service: hostile, name: hostile }), parentSpanId: hostile },
  ];
  const words = awaitedOf(trace(...spans)).join('');
  expect(words).toContain('evil�::error::�');
  expect(words).not.toMatch(/\p{C}/u);
});

test('a service without a manifest is named, and the trace is not settled', () => {
  const foreign = WHOLE.map((parts) => span(parts.n === 3 ? { ...parts, attributes: {} } : parts));
  expect(settled(trace(...foreign))).toMatchObject({ settled: false, awaited: [], lost: [], undeclared: ['order'] });
});

test('a call that got no answer is listed as unknown', () => {
  const cut = WHOLE.slice(0, 2).map((parts) => span(parts.n === 2 ? { ...parts, attributes: { 'waymark.peer.unknown': true } } : parts));
  expect(settled(trace(...cut))).toMatchObject({ settled: true, unknown: [{ name: 'POST /orders' }] });
});

test('if a process lost spans, the message says so', () => {
  const root: SpanParts = { n: 1, kind: 'SERVER', name: 'POST /orders', attributes: size(4, { 'waymark.segment.lost': 2n }) };
  const because = '(shop lost 2 spans: its export queue was full)';
  expect(awaitedOf(trace(span(root), span({ n: 2, parent: 1, attributes: { 'waymark.segment.lost': 1n } })))).toEqual([
    `2 of the 4 spans of shop \`POST /orders\` ${because}`,
  ]);
  const children = [span({ n: 2, parent: 1 }), span({ n: 3, parent: 1, name: 'pay', attributes: { 'waymark.segment.lost': 2n } })];
  expect(awaitedOf(trace(...children))).toEqual([`the span 0000000000000001 above shop \`span 2\`, shop \`pay\` ${because}`]);
});
