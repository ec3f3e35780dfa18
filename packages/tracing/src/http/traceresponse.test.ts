import { expect, test } from '@jest/globals';
import { startSpan } from '../span.ts';
import { recordSpans } from '../testing/recorded-spans.ts';
import { noteTraceresponse } from './traceresponse.ts';

const recorded = recordSpans();

async function peerNoted(header: (traceId: string) => string | string[] | undefined): Promise<unknown> {
  const client = startSpan('client');
  noteTraceresponse(client, header(client.spanContext().traceId));
  client.end();
  const [span] = await recorded.take(1);
  return span?.attributes['waymark.peer.span'];
}

test('the CLIENT span records which span answered', async () => {
  expect(await peerNoted((traceId) => `00-${traceId}-00f067aa0ba902b7-01`)).toBe('00f067aa0ba902b7');
});

test.each([
  ['missing', () => undefined],
  ['not a traceparent', () => 'hello'],
  ['sent twice', (traceId: string) => [`00-${traceId}-00f067aa0ba902b7-01`, `00-${traceId}-00f067aa0ba902b8-01`]],
  ['for a span that is not sampled', (traceId: string) => `00-${traceId}-00f067aa0ba902b7-00`],
  ['for another trace', () => '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['an id of zeros', (traceId: string) => `00-${traceId}-0000000000000000-01`],
])('a traceresponse that is %s records nothing', async (_, header) => {
  expect(await peerNoted(header)).toBeUndefined();
});

test.each([
  ['01', [{ context: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: 1, isRemote: true } }]],
  ['00', []],
])('an answer from another trace is recorded, and linked if that trace is sampled (flags %s)', async (flags, links) => {
  const client = startSpan('client');
  noteTraceresponse(client, `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`);
  client.end();
  const [span] = await recorded.take(1);
  expect(span).toMatchObject({ attributes: { 'waymark.peer.trace': '4bf92f3577b34da6a3ce929d0e0e4736' }, links });
});

test('an answer from this trace is recorded even if it was not sampled', async () => {
  const client = startSpan('client');
  noteTraceresponse(client, `00-${client.spanContext().traceId}-00f067aa0ba902b7-00`);
  client.end();
  const [span] = await recorded.take(1);
  expect(span?.attributes).toEqual({ 'waymark.peer.unsampled': true });
});
