import { afterAll, expect, test } from '@jest/globals';
import { propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import fc from 'fast-check';
import { Agent, Headers, type Dispatcher } from 'undici';
import { span } from '@waymark/context';
import { echoServer, valuesOf, type WireHeaders } from '../testing/echo-server.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { traceRequests } from './trace-requests.ts';

const recorded = recordSpans();
const agent = new Agent();
const traced = agent.compose(traceRequests());
afterAll(() => agent.destroy());

const PROPAGATION = ['traceparent', 'tracestate', 'baggage'];
const anyCase = (name: string): fc.Arbitrary<string> => fc.mixedCase(fc.constant(name));
const own = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz-_')), minLength: 1, maxLength: 9 }).map((name) => `x-${name}`);
const name = fc.oneof({ weight: 3, arbitrary: own.chain(anyCase) }, fc.constantFrom('constructor', 'toString', 'hasOwnProperty'));
const foreign = fc.constantFrom(...PROPAGATION).chain(anyCase);
const value = fc.string({ unit: fc.constantFrom(...Array.from('abc019=;, ')), maxLength: 20 }).map((text) => text.trim());
const pairs = fc.uniqueArray(fc.tuple(fc.oneof(name, foreign), value), { selector: ([one]) => one.toLowerCase(), maxLength: 8 });

const forms: Record<string, (list: [string, string][]) => Dispatcher.DispatchOptions['headers']> = {
  object: (list) => Object.fromEntries(list),
  'object of arrays': (list) => Object.fromEntries(list.map(([one, text]) => [one, [text]])),
  'flat array': (list) => list.flat(),
  'iterable of pairs': (list) => new Map(list).entries() as Iterable<[string, string]>,
  Headers: (list) => new Headers(list),
};

async function sendWith(origin: string, headers: Dispatcher.DispatchOptions['headers'], through: Dispatcher = traced): Promise<void> {
  const { body } = await through.request({ origin, path: '/', method: 'GET', ...(headers && { headers }) });
  await body.dump();
}

test.each(Object.keys(forms))("headers as %s: one traceparent, the span's own, and all others as they were", async (form) => {
  await using server = await echoServer();
  await fc.assert(
    fc.asyncProperty(pairs, async (list) => {
      await sendWith(server.origin, forms[form]!(list));
      await sendWith(server.origin, forms[form]!(list.filter(([one]) => !PROPAGATION.includes(one.toLowerCase()))), agent);

      const [client] = await recorded.take(1);
      const { traceId, spanId } = client!.spanContext();
      const [withTrace, plain] = server.received.splice(0);
      expect(valuesOf(withTrace, 'traceparent')).toEqual([`00-${traceId}-${spanId}-03`]);
      expect(rest(withTrace)).toEqual(plain);
    }),
    { numRuns: 60 },
  );
});

const rest = (headers: WireHeaders = []): WireHeaders => headers.filter(([one]) => !PROPAGATION.includes(one.toLowerCase()));

test('without headers: one traceparent', async () => {
  await using server = await echoServer();
  for (const none of [undefined, null, [], {}]) await sendWith(server.origin, none);

  await recorded.take(4);
  expect(server.received.map((headers) => valuesOf(headers, 'traceparent').length)).toEqual([1, 1, 1, 1]);
});

test('undici validates values that are not strings, as without tracing', async () => {
  await using server = await echoServer();
  const odd = { 'x-number': 7, 'x-many': ['a', 'b'], 'x-none': undefined } as unknown as Record<string, string>;
  await sendWith(server.origin, odd);
  await sendWith(server.origin, odd, agent);
  await sendWith(server.origin, Object.entries(odd).flat(), traced);
  await expect(sendWith(server.origin, { 'x-object': {} } as unknown as Record<string, string>)).rejects.toThrow('invalid x-object header');
  await expect(sendWith(server.origin, ['x-alone'])).rejects.toThrow('headers array must be even');

  await recorded.take(4);
  expect(rest(server.received[0])).toEqual(server.received[1]);
  expect(rest(server.received[2])).toEqual(server.received[1]);
});

test('the context’s baggage and tracestate are sent once', async () => {
  await using server = await echoServer();
  const carried = propagation.extract(ROOT_CONTEXT, {
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-03`,
    tracestate: 'vendor=7',
    baggage: 'waymark.traffic=bench',
  });
  await span('parent', () => sendWith(server.origin, { Baggage: 'mine=1', TraceState: 'mine=1' }), { parent: carried });

  await recorded.take(2);
  const [headers] = server.received;
  expect(PROPAGATION.map((one) => valuesOf(headers, one).length)).toEqual([1, 1, 1]);
  expect(valuesOf(headers, 'tracestate')).toEqual(['vendor=7']);
  expect(valuesOf(headers, 'baggage')).toEqual(['waymark.traffic=bench']);
});
