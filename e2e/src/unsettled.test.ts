import { expect, test } from '@jest/globals';
import { settled, verify, type Trace } from '@waymark/trace-model';
import { startTracedShop } from './testing/traced-shop.ts';

/** What is awaited, with each span id as `…`. */
const awaited = (trace: Trace): string[] => settled(trace).awaited.map(({ message }) => message.replaceAll(/[0-9a-f]{16}/g, '…'));
const errors = (trace: Trace): string[] => verify(trace).flatMap(({ code, severity }) => (severity === 'error' ? [code] : []));

test('a service whose spans never arrive is named by those that called it and those that it called', async () => {
  await using traced = await startTracedShop({ order: { OTEL_TRACES_EXPORTER: 'none' } });
  const shopper = traced.shopper();
  await shopper.logIn();
  const answer = await shopper.place('desk-lamp');
  await shopper.ended(answer.body.id);
  const expected = [
    'the span … above inventory `POST /reservations`',
    'the span … above inventory `POST /reservations/{orderId}/commit`',
    'the server span … that answered gateway `POST /orders`',
  ];
  const trace = await traced.traces.when(answer.traceId, (sofar) => awaited(sofar).join() === expected.join());
  expect(awaited(trace)).toEqual(expected);
  expect(errors(trace)).toContain('peer-missing');
});

test('a job that waits for its next attempt is awaited, also while its process is dead, until the attempt is there', async () => {
  await using traced = await startTracedShop();
  const shopper = traced.shopper();
  await shopper.logIn();
  const { traceId, body } = await shopper.place('lucky-postcard');
  const waiting = await traced.traces.when(
    traceId,
    (trace) => awaited(trace).join() === 'attempt 2 after order `process fulfil_order` failed',
  );
  expect(awaited(waiting)).toEqual(['attempt 2 after order `process fulfil_order` failed']);
  await traced.shop.kill('order', 'SIGKILL');
  await traced.shop.restart('order');
  await shopper.ended(body.id);
  const whole = await traced.traces.when(traceId, (trace) => settled(trace).settled);
  expect(settled(whole)).toMatchObject({ settled: true, awaited: [] });
  expect(verify(whole)).toEqual([]);
});

test('an answer whose server is killed before it can deliver its spans is missed by name', async () => {
  await using traced = await startTracedShop({ auth: { OTEL_BSP_SCHEDULE_DELAY: '60000' } });
  const answer = await traced.shopper().logIn();
  await traced.shop.kill('auth', 'SIGKILL');
  const trace = await traced.traces.when(answer.traceId, ({ spans }) => spans.length === 2);
  expect(awaited(trace)).toEqual(['the server span … that answered gateway `POST /sessions`']);
  expect(errors(trace)).toEqual(['peer-missing']);
});
