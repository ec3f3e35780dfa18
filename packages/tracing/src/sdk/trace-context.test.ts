import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
  type SpanContext,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { AlwaysOffSampler, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import type { Middleware } from 'koa';
import { passRandomFlag, span } from '@waymark/context';
import { echoServer, valuesOf, type WireHeaders } from '../testing/echo-server.ts';
import { serve } from '../testing/http-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { appTraced, tracedApp } from '../testing/traced-app.ts';
import { parseTraceState, propagatorFromEnv, TraceContextPropagator } from './trace-context.ts';
import { tracedRequest } from '../http/undici.ts';

const recorded = recordSpans();
const TRACE = '12345678901234567890123456789012';
const PARENT = '1234567890123456';
const VALID = `00-${TRACE}-${PARENT}-01`;

type Header = [name: string, value: string];

/** A service that calls another for each request: what reaches that one has gone through the server side and the client side. */
let relay: Awaited<ReturnType<typeof serve>>;
/** The same where callers from outside come in. */
let entry: Awaited<ReturnType<typeof serve>>;
let behind: Awaited<ReturnType<typeof echoServer>>;
beforeAll(async () => {
  behind = await echoServer();
  const call: Middleware = async (ctx) => void (ctx.body = await (await tracedRequest(behind.origin)).body.text());
  relay = await serve(tracedApp(call).callback());
  entry = await serve(appTraced({ entry: true }, call).callback());
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await entry[Symbol.asyncDispose]();
  await behind[Symbol.asyncDispose]();
});

/** Sends these header lines as they are. Returns the headers that the service behind was sent. */
async function relayed(port: number, headers: Header[]): Promise<WireHeaders | undefined> {
  const lines = [['Host', 'here'], ['Connection', 'close'], ...headers].map((line) => `${line.join(': ')}\r\n`);
  const socket = connect(port, '127.0.0.1');
  socket.write(Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'));
  await text(socket);
  return behind.received.splice(0)[0];
}

/** What a service passes on of these headers. */
async function passedOn(...headers: Header[]): Promise<{ traceId: string; flags: string; tracestate: string }> {
  const sent = await relayed(relay.port, headers);
  const [, traceId = '', parentId, flags = ''] = String(valuesOf(sent, 'traceparent')).split('-');
  if (flags === '01' || flags === '03') await recorded.take(2);
  expect(parentId).not.toBe(PARENT);
  expect(valuesOf(sent, 'traceparent')).toEqual([`00-${traceId}-${parentId}-${flags}`]);
  return { traceId, flags, tracestate: valuesOf(sent, 'tracestate').join(' and ') };
}

const one = (value: string): Header[] => [['traceparent', value]];

/** Versions, lengths, letter case, digits and duplicates. A future version is read as far as version 00 goes. */
const TRACEPARENTS: readonly (readonly [what: string, headers: Header[], isValid: boolean])[] = [
  ['none', [], false],
  ['an empty one', one(''), false],
  ['a valid one', one(VALID), true],
  ['a name in mixed case', [['TrAcEpArEnT', VALID]], true],
  ['spaces and tabs around it', one(`\t ${VALID} \t`), true],
  ['another name', [['trace-parent', VALID]], false],
  ['two headers that are the same', [...one(VALID), ...one(VALID)], false],
  ['two headers that differ', [...one(VALID), ...one(`00-${TRACE}-${PARENT}-00`)], false],
  ['two headers whose names differ in case', [...one(VALID), ['Traceparent', VALID]], false],
  ['two headers of which one is empty', [...one(''), ...one(VALID)], false],
  ['two in one header', one(`${VALID},${VALID}`), false],
  ['version 00 with another field', one(`${VALID}-what-the-future-will-be-like`), false],
  ['version 00 with a hyphen at its end', one(`${VALID}-`), false],
  ['version 00 with a full stop at its end', one(`${VALID}.`), false],
  ['version 01', one(`01${VALID.slice(2)}`), true],
  ['version fe', one(`fe${VALID.slice(2)}`), true],
  ['a future version with another field', one(`cc${VALID.slice(2)}-what-the-future-will-be-like`), true],
  ['a future version with an empty field', one(`cc${VALID.slice(2)}-`), true],
  ['a future version that goes on without a hyphen', one(`cc${VALID.slice(2)}.what-the-future-will-be-like`), false],
  ['a future version with longer flags', one(`cc${VALID.slice(2)}1`), false],
  ['a future version that is too short', one(`cc${VALID.slice(2, -1)}`), false],
  ['version ff', one(`ff${VALID.slice(2)}`), false],
  ['a version in upper case', one(`CC${VALID.slice(2)}`), false],
  ['a version that is not hexadecimal', one(`.0${VALID.slice(2)}`), false],
  ['a version that is too long', one(`0${VALID}`), false],
  ['a version that is too short', one(VALID.slice(1)), false],
  ['a trace id of zeros', one(`00-${'0'.repeat(32)}-${PARENT}-01`), false],
  ['a trace id that is too long', one(`00-${TRACE}3-${PARENT}-01`), false],
  ['a trace id that is too short', one(`00-${TRACE.slice(1)}-${PARENT}-01`), false],
  ['a trace id in upper case', one(`00-${'A'.repeat(32)}-${PARENT}-01`), false],
  ['a trace id that is not hexadecimal', one(`00-${TRACE.slice(1)}g-${PARENT}-01`), false],
  ['a parent id of zeros', one(`00-${TRACE}-${'0'.repeat(16)}-01`), false],
  ['a parent id that is too long', one(`00-${TRACE}-${PARENT}7-01`), false],
  ['a parent id that is too short', one(`00-${TRACE}-${PARENT.slice(1)}-01`), false],
  ['a parent id in upper case', one(`00-${TRACE}-${'B'.repeat(16)}-01`), false],
  ['a parent id that is not hexadecimal', one(`00-${TRACE}-${PARENT.slice(1)}g-01`), false],
  ['flags that are not hexadecimal', one(`00-${TRACE}-${PARENT}-.0`), false],
  ['flags in upper case', one(`00-${TRACE}-${PARENT}-0A`), false],
  ['flags that are too short', one(`00-${TRACE}-${PARENT}-1`), false],
  ['flags that are too long', one(`00-${TRACE}-${PARENT}-001`), false],
  ['no flags', one(`00-${TRACE}-${PARENT}`), false],
  ['spaces between the fields', one(VALID.replaceAll('-', ' - ')), false],
  ['underscores between the fields', one(VALID.replaceAll('-', '_')), false],
];

test.each(TRACEPARENTS)('traceparent: %s; a service continues it only if it is valid', async (_what, headers, isValid) => {
  const { traceId, tracestate } = await passedOn(...headers, ['TraceState', 'foo=1']);
  expect([traceId === TRACE, tracestate]).toEqual([isValid, isValid ? 'foo=1' : '']);
});

test.each(TRACEPARENTS)('traceparent: %s; an entry begins a trace and links to it only if it is valid', async (_what, headers, isValid) => {
  const sent = await relayed(entry.port, [...headers, ['tracestate', 'foo=1']]);
  const [, server] = await recorded.take(2);
  const { traceId } = server!.spanContext();
  expect(traceId).not.toBe(TRACE);
  expect(server?.links.map(({ context: { traceId, spanId } }) => [traceId, spanId])).toEqual(isValid ? [[TRACE, PARENT]] : []);
  expect(valuesOf(sent, 'traceparent')).toEqual([expect.stringMatching(`^00-${traceId}-[0-9a-f]{16}-03$`)]);
  expect(valuesOf(sent, 'tracestate')).toEqual([]);
});

/** The span that is active while a client sends. */
const CLIENT_PARENTS: readonly (readonly [what: string, parent: Partial<SpanContext> | undefined, sent: RegExp, tracestate: string[]])[] = [
  ['none', undefined, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-03$/, []],
  ['a sampled one', { traceFlags: 1 }, new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-01$`), []],
  ['one that is not sampled', { traceFlags: 0 }, new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`), []],
  ['one with a random id', { traceFlags: 3 }, new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-03$`), []],
  ['one with flags that nobody knows', { traceFlags: 0xff }, new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-03$`), []],
  ['a trace id of zeros', { traceId: '0'.repeat(32) }, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-03$/, []],
  ['a tracestate', { traceState: parseTraceState('b=2,a=1')! }, new RegExp(`^00-${TRACE}-`), ['b=2,a=1']],
  ['an empty tracestate', { traceState: parseTraceState('a=1')!.unset('a') }, new RegExp(`^00-${TRACE}-`), []],
];

test.each(CLIENT_PARENTS)(
  'a client whose active span is %s sends one traceparent of version 00',
  async (_what, parent, sent, tracestate) => {
    const active = parent && { traceId: TRACE, spanId: PARENT, traceFlags: 1, isRemote: true, ...parent };
    const from = active ? trace.setSpanContext(ROOT_CONTEXT, active) : ROOT_CONTEXT;
    // Headers of the caller's own would be a second context.
    const headers = { TraceParent: VALID.replace('1', '2'), tracestate: 'mine=1' };
    await context.with(from, async () => (await tracedRequest(behind.origin, { headers })).body.dump());
    const [received] = behind.received.splice(0);
    if (active?.traceFlags !== 0) await recorded.take(1);
    expect(valuesOf(received, 'traceparent')).toEqual([expect.stringMatching(sent)]);
    expect(valuesOf(received, 'tracestate')).toEqual(tracestate);
  },
);

test.each([
  ['00', '00', 'not sampled'],
  ['01', '01', 'sampled'],
  ['02', '02', 'random, not sampled'],
  ['03', '03', 'random and sampled'],
  ['fd', '01', 'sampled, and what nobody knows yet'],
  ['fe', '02', 'random, and what nobody knows yet'],
])('flags %s are passed on as %s: %s', async (flags, expected) => {
  expect(await passedOn(['traceparent', `00-${TRACE}-${PARENT}-${flags}`])).toMatchObject({ traceId: TRACE, flags: expected });
});

test('a trace that begins here has a random id, and says so', async () => {
  expect((await passedOn()).flags).toBe('03');
});

const members = (count: number): string => Array.from({ length: count }, (_, at) => `bar${at + 1}=${at + 1}`).join(',');
const ALL_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/@';
const ALL_VALUE = Array.from({ length: 0x7e - 0x20 + 1 }, (_, at) => String.fromCharCode(0x20 + at))
  .join('')
  .replaceAll(/[,=]/g, '');

// After the test suite of the working group (github.com/w3c/trace-context, test/test.py), and beyond it.
test.each<[what: string, tracestate: string | string[], expected: string]>([
  ['members in order', 'foo=1,bar=2', 'foo=1,bar=2'],
  ['several headers', ['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], 'foo=1,bar=2,rojo=1,congo=2,baz=3'],
  ['members out of alphabetical order, whose order counts', 'z=1,a=2,m=3', 'z=1,a=2,m=3'],
  ['several headers, whose order counts', ['z=1', 'a=2'], 'z=1,a=2'],
  ['a key twice in two headers, of which the first counts', ['foo=1', 'foo=2,bar=3'], 'foo=1,bar=3'],
  ['spaces and tabs around members', 'foo=1 \t , \t bar=2, \t baz=3\t', 'foo=1,bar=2,baz=3'],
  ['empty members', ['', 'foo=1, ,\t,', ''], 'foo=1'],
  ['an empty header', '', ''],
  ['nothing but commas', ' , ,\t', ''],
  ['every legal character', `${ALL_KEY}=${ALL_VALUE}`, `${ALL_KEY}=${ALL_VALUE}`],
  ['a key that begins with a digit', '1abc=1,0=2', '1abc=1,0=2'],
  ['a key of digits and an at sign', '1@2=3', '1@2=3'],
  ['several at signs', 'foo@=1,foo@@bar=2,foo@bar@baz=3', 'foo@=1,foo@@bar=2,foo@bar@baz=3'],
  ['a long tenant', `foo=1,${'t'.repeat(242)}@v=1`, `foo=1,${'t'.repeat(242)}@v=1`],
  ['a long system', `foo=1,t@${'v'.repeat(15)}=1`, `foo=1,t@${'v'.repeat(15)}=1`],
  ['a key of 256 characters', `foo=1,${'z'.repeat(256)}=1`, `foo=1,${'z'.repeat(256)}=1`],
  ['a value of 256 characters', `foo=${'x'.repeat(256)}`, `foo=${'x'.repeat(256)}`],
  ['a value that begins with spaces', 'foo=  1', 'foo=  1'],
  ['a key twice, of which the first counts', 'foo=1,bar=2,foo=3', 'foo=1,bar=2'],
  ['32 members', members(32), members(32)],
  ['32 members and empty ones', `${members(32)},,`, members(32)],
  ['33 members: discarded', members(33), ''],
  ['33 members in two headers: discarded', [members(32), 'one=more'], ''],
  ['a key that begins with an at sign: discarded', '@foo=1,bar=2', ''],
  ['a key with a space: discarded', 'foo =1,bar=2', ''],
  ['a key in upper case: discarded', 'FOO=1,bar=2', ''],
  ['a key with a full stop: discarded', 'foo.bar=1,bar=2', ''],
  ['no key: discarded', '=1,bar=2', ''],
  ['a key of 257 characters: discarded', `foo=1,${'z'.repeat(257)}=1`, ''],
  ['no value: discarded', 'foo=,bar=3', ''],
  ['no equals sign: discarded', 'foo,bar=3', ''],
  ['two equals signs: discarded', 'foo=bar=baz,bar=3', ''],
  ['a value of 257 characters: discarded', `foo=${'x'.repeat(257)},bar=3`, ''],
  ['a tab inside a value: discarded', 'foo=a\tb,bar=3', ''],
  ['a value beyond ASCII: discarded', 'foo=é,bar=3', ''],
  ['exactly 512 characters', `${'k'.repeat(255)}=${'x'.repeat(256)}`, `${'k'.repeat(255)}=${'x'.repeat(256)}`],
  // Longer lists than 512 characters: whole members go, the long ones first, then the last.
  [
    'a long member of a list that is too long',
    `a=${'x'.repeat(200)},${members(30)},b=${'y'.repeat(200)}`,
    `a=${'x'.repeat(200)},${members(30)}`,
  ],
  [
    'many short members of a list that is too long',
    Array.from({ length: 8 }, (_, at) => `k${at}=${'x'.repeat(97)}`),
    Array.from({ length: 5 }, (_, at) => `k${at}=${'x'.repeat(97)}`).join(),
  ],
])('tracestate: %s', async (_what, tracestate, expected) => {
  const states = [tracestate].flat().map((value): Header => ['tracestate', value]);
  expect(await passedOn(['traceparent', VALID], ...states)).toMatchObject({ traceId: TRACE, tracestate: expected });
  expect((await passedOn(...states)).tracestate).toBe('');
});

test('whatever a tracestate is, what is made of it can be read again, is short enough, and is the same', () => {
  const any = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('ab1@=, \tÄ')), maxLength: 60 }),
    fc.constant(','.repeat(50_000)),
  );
  fc.assert(
    fc.property(any, (header) => {
      const once = parseTraceState(header)?.serialize();
      if (once === undefined) return;
      expect(once.length).toBeLessThanOrEqual(512);
      expect(parseTraceState(once)?.serialize()).toBe(once);
    }),
  );
});

test('a member that is set comes first, takes the place of its key or of the last one, and must be legal', () => {
  const state = parseTraceState('foo=1,bar=2')!;
  expect(state.set('bar', '3').serialize()).toBe('bar=3,foo=1');
  expect(state.set('1@new', '4').serialize()).toBe('1@new=4,foo=1,bar=2');
  expect(parseTraceState(members(32))?.set('new', '0').serialize()).toBe(`new=0,${members(31)}`);
  for (const [key, value] of [
    ['BAD', '1'],
    ['bad', ''],
    ['bad', 'a,b'],
    ['', '1'],
  ] as const)
    expect(state.set(key, value)).toBe(state);
  expect(state.unset('foo').serialize()).toBe('bar=2');
  expect([state.get('foo'), state.get('none'), state.serialize()]).toEqual(['1', undefined, 'foo=1,bar=2']);
});

test('a carrier of anything gives a valid context or an empty one, and takes no longer for it', () => {
  const w3c = new TraceContextPropagator();
  const anything = fc.dictionary(
    fc.constantFrom('traceparent', 'tracestate'),
    fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(7)),
  );
  fc.assert(
    fc.property(anything, (carrier) => {
      const found = trace.getSpanContext(w3c.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter));
      expect(found === undefined || trace.isSpanContextValid(found)).toBe(true);
    }),
  );
  const two = { traceparent: [VALID, VALID] };
  expect(w3c.extract(ROOT_CONTEXT, two, defaultTextMapGetter)).toBe(ROOT_CONTEXT);
});

function injected(): object {
  const carrier = {};
  new TraceContextPropagator().inject(context.active(), carrier, defaultTextMapSetter);
  return carrier;
}

test('nothing is injected where there is no trace, or tracing is suppressed', async () => {
  expect(injected()).toEqual({});
  expect(await span('work', () => context.with(suppressTracing(context.active()), injected))).toEqual({});
  expect(await span('work', injected)).toEqual({ traceparent: expect.stringMatching(/-03$/) });
  await recorded.take(2);
});

test('the random flag is passed on by spans that are not sampled, too', () => {
  const sampler = new ParentBasedSampler({ root: new AlwaysOffSampler() });
  const tracer = new TracerProvider({ sampler }).getTracer('test');
  const flagsBelow = (header?: string): number => {
    const carrier = header ? { traceparent: header } : {};
    const parent = new TraceContextPropagator().extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
    const started = tracer.startSpan('work', {}, parent);
    passRandomFlag(started, parent);
    started.end();
    return started.spanContext().traceFlags;
  };
  expect([undefined, '00', '01', '02', '03'].map((flags) => flagsBelow(flags && `00-${TRACE}-${PARENT}-${flags}`))).toEqual([
    2, 0, 1, 2, 3,
  ]);
});

test.each([
  [{}, ['traceparent', 'tracestate', 'baggage']],
  [{ OTEL_PROPAGATORS: '' }, ['traceparent', 'tracestate', 'baggage']],
  [{ OTEL_PROPAGATORS: 'baggage, tracecontext' }, ['baggage', 'traceparent', 'tracestate']],
  [{ OTEL_PROPAGATORS: 'tracecontext' }, ['traceparent', 'tracestate']],
  [{ OTEL_PROPAGATORS: 'tracecontext,b3' }, ['traceparent', 'tracestate', 'b3']],
  [{ OTEL_PROPAGATORS: 'b3multi' }, ['x-b3-traceid', 'x-b3-spanid', 'x-b3-flags', 'x-b3-sampled', 'x-b3-parentspanid']],
  [{ OTEL_PROPAGATORS: 'none' }, []],
  [{ OTEL_PROPAGATORS: 'toString' }, ['traceparent', 'tracestate', 'baggage']],
  [{ OTEL_PROPAGATORS: 'w3c,tracecontext' }, ['traceparent', 'tracestate']],
])('%j: the propagated headers are %j', (env, fields) => {
  expect(propagatorFromEnv(env).fields()).toEqual(fields);
  expect(propagation.fields()).toEqual(['traceparent', 'tracestate', 'baggage']);
});
