import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { context, defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { AlwaysOffSampler, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { passRandomFlag, span } from '@waymark/context';
import { echoServer, valuesOf } from '../testing/echo-server.ts';
import { serve } from '../testing/http-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { tracedApp } from '../testing/traced-app.ts';
import { parseTraceState, propagatorFromEnv, TraceContextPropagator } from './trace-context.ts';
import { tracedRequest } from '../http/undici.ts';

const recorded = recordSpans();
const TRACE = '12345678901234567890123456789012';
const PARENT = '1234567890123456';
const VALID = `00-${TRACE}-${PARENT}-01`;

/** A service that calls another for each request, so that headers pass the server side and the client side. */
let relay: Awaited<ReturnType<typeof serve>>;
let behind: Awaited<ReturnType<typeof echoServer>>;
beforeAll(async () => {
  behind = await echoServer();
  relay = await serve(tracedApp(async (ctx) => void (ctx.body = await (await tracedRequest(behind.origin)).body.text())).callback());
});
afterAll(async () => {
  await relay[Symbol.asyncDispose]();
  await behind[Symbol.asyncDispose]();
});

/** Sends these raw header lines. Returns the headers that the service behind received. */
async function passedOn(...headers: [name: string, value: string][]): Promise<{ traceId: string; flags: string; tracestate: string }> {
  const lines = [['Host', 'here'], ['Connection', 'close'], ...headers].map((line) => `${line.join(': ')}\r\n`);
  const socket = connect(relay.port, '127.0.0.1');
  socket.write(Buffer.from(`GET / HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'));
  await text(socket);
  const [sent] = behind.received.splice(0);
  const [, traceId = '', parentId, flags = ''] = String(valuesOf(sent, 'traceparent')).split('-');
  if (flags === '01' || flags === '03') await recorded.take(2);
  expect(parentId).not.toBe(PARENT);
  expect(valuesOf(sent, 'traceparent')).toHaveLength(1);
  return { traceId, flags, tracestate: valuesOf(sent, 'tracestate').join(' and ') };
}

test.each<[what: string, headers: [string, string][], isContinued: boolean]>([
  ['none', [], false],
  ['a valid one', [['traceparent', VALID]], true],
  ['in any letter case', [['TrAcEpArEnT', VALID]], true],
  ['with spaces and tabs around it', [['traceparent', `\t ${VALID} \t`]], true],
  [
    'two',
    [
      ['traceparent', VALID],
      ['traceparent', VALID],
    ],
    false,
  ],
  ['another name', [['trace-parent', VALID]], false],
  ['version 00 with more fields', [['traceparent', `${VALID}-what-the-future-will-be-like`]], false],
  ['version 00 with a full stop', [['traceparent', `${VALID}.`]], false],
  ['a future version', [['traceparent', `cc${VALID.slice(2)}`]], true],
  ['a future version with more fields', [['traceparent', `cc${VALID.slice(2)}-what-the-future-will-be-like`]], true],
  ['a future version with a full stop', [['traceparent', `cc${VALID.slice(2)}.what-the-future-will-be-like`]], false],
  ['version ff', [['traceparent', `ff${VALID.slice(2)}`]], false],
  ['a version that is not hexadecimal', [['traceparent', `.0${VALID.slice(2)}`]], false],
  ['a version that is too long', [['traceparent', `0${VALID}`]], false],
  ['a trace id of zeros', [['traceparent', `00-${'0'.repeat(32)}-${PARENT}-01`]], false],
  ['a trace id that is too long', [['traceparent', `00-${TRACE}3-${PARENT}-01`]], false],
  ['a trace id in upper case', [['traceparent', `00-${'A'.repeat(32)}-${PARENT}-01`]], false],
  ['a parent id of zeros', [['traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`]], false],
  ['a parent id that is too short', [['traceparent', `00-${TRACE}-${PARENT.slice(1)}-01`]], false],
  ['flags that are not hexadecimal', [['traceparent', `00-${TRACE}-${PARENT}-.0`]], false],
  ['flags that are too short', [['traceparent', `00-${TRACE}-${PARENT}-1`]], false],
])('traceparent: %s', async (_what, headers, isContinued) => {
  expect((await passedOn(...headers)).traceId === TRACE).toBe(isContinued);
});

test.each([
  ['00', '00', 'not sampled'],
  ['01', '01', 'sampled'],
  ['02', '02', 'random, not sampled'],
  ['03', '03', 'random and sampled'],
  ['fd', '01', 'sampled and unknown flags'],
  ['fe', '02', 'random and unknown flags'],
])('flags %s are passed on as %s: %s', async (flags, expected) => {
  expect(await passedOn(['traceparent', `00-${TRACE}-${PARENT}-${flags}`])).toMatchObject({ traceId: TRACE, flags: expected });
});

test('a new trace has a random id and the random flag', async () => {
  expect((await passedOn()).flags).toBe('03');
});

const members = (count: number): string => Array.from({ length: count }, (_, at) => `bar${at + 1}=${at + 1}`).join(',');
const ALL_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/@';
const ALL_VALUE = Array.from({ length: 0x7e - 0x20 + 1 }, (_, at) => String.fromCharCode(0x20 + at))
  .join('')
  .replaceAll(/[,=]/g, '');

// From the W3C test suite (github.com/w3c/trace-context, test/test.py), with additions.
test.each<[what: string, tracestate: string | string[], expected: string]>([
  ['members in order', 'foo=1,bar=2', 'foo=1,bar=2'],
  ['several headers', ['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], 'foo=1,bar=2,rojo=1,congo=2,baz=3'],
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
  // Lists longer than 512 characters lose whole members: first the long ones, then the last ones.
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
  const states = [tracestate].flat().map((one): [string, string] => ['tracestate', one]);
  expect(await passedOn(['traceparent', VALID], ...states)).toMatchObject({ traceId: TRACE, tracestate: expected });
  expect((await passedOn(...states)).tracestate).toBe('');
});

test('the result of any tracestate can be parsed again, is short enough, and stays the same', () => {
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

test('a new member comes first, replaces its key or the last member, and must be legal', () => {
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

test('any carrier gives a valid or an empty context, quickly', () => {
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

test('injects nothing without a trace, or if tracing is suppressed', async () => {
  expect(injected()).toEqual({});
  expect(await span('work', () => context.with(suppressTracing(context.active()), injected))).toEqual({});
  expect(await span('work', injected)).toEqual({ traceparent: expect.stringMatching(/-03$/) });
  await recorded.take(2);
});

test('spans that are not sampled pass on the random flag too', () => {
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
