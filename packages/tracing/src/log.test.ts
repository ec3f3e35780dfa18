import { expect, test } from '@jest/globals';
import { propagation } from '@opentelemetry/api';
import { pino } from 'pino';
import { extract, span } from '@waymark/context';
import { logCorrelation } from './log.ts';
import { recordSpans } from './testing/recorded-spans.ts';

const recorded = recordSpans();

function logger(): { log: pino.Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ mixin: logCorrelation }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { log, lines };
}

test('each line logged inside a span has its ids', async () => {
  const { log, lines } = logger();
  await span('outer', async () => {
    log.info('before');
    await span('inner', () => log.info({ sku: 'lamp' }, 'within'));
    log.info('after');
  });

  const [inner, outer] = (await recorded.take(2)).map((one) => one.spanContext());
  expect(lines).toMatchObject([
    { msg: 'before', trace_id: outer?.traceId, span_id: outer?.spanId, trace_flags: '03' },
    { msg: 'within', sku: 'lamp', trace_id: inner?.traceId, span_id: inner?.spanId },
    { msg: 'after', trace_id: outer?.traceId, span_id: outer?.spanId },
  ]);
});

test('lines logged outside any span have no ids', () => {
  const { log, lines } = logger();
  log.info('alone');
  expect(lines).toEqual([expect.not.objectContaining({ trace_id: expect.anything(), trace_flags: expect.anything() })]);
  expect(lines[0]).not.toHaveProperty('span_id');
});

test("lines have the request's baggage", async () => {
  const { log, lines } = logger();
  const caller = extract({ baggage: 'waymark.traffic=bench' });
  expect(propagation.getBaggage(caller)).toBeDefined();

  await span('request', () => log.info('here'), { parent: caller });

  await recorded.take(1);
  expect(lines).toMatchObject([{ msg: 'here', 'waymark.traffic': 'bench' }]);
});

test.each(['00', '01', '02', '03'])('lines have the flags of a continued trace: %s', async (flags) => {
  const { log, lines } = logger();
  await span('request', () => log.info('here'), { parent: extract({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}` }) });
  if (flags === '01' || flags === '03') await recorded.take(1);
  expect(lines).toMatchObject([{ msg: 'here', trace_id: 'a'.repeat(32), trace_flags: flags }]);
});
