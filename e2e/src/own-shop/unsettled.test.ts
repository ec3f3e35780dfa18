import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judge, settled, type Trace } from '@waymark/trace-model';
import '@waymark/trace-testing/jest';
import { until } from '@waymark/service-kit/testing/until';
import { startOwnShop, type OwnShop } from './own-shop.ts';

/** The awaited spans, with `…` for each span id. */
const awaited = (trace: Trace): string[] => settled(trace).awaited.map(({ message }) => message.replaceAll(/[0-9a-f]{16}/g, '…'));

describe('a shop in which order and auth export nothing', () => {
  let own: OwnShop;
  beforeAll(async () => {
    own = await startOwnShop({ order: { OTEL_TRACES_EXPORTER: 'none' }, auth: { OTEL_BSP_SCHEDULE_DELAY: '60000' } });
  });
  afterAll(async () => own?.[Symbol.asyncDispose]());

  test('if the spans of a service never arrive, the spans of its callers and callees show what is missing', async () => {
    const answer = await own.demo.place('desk-lamp');
    await own.demo.ended(answer.body.id);
    const expected = [
      'the span … above inventory `POST /reservations`',
      'the span … above inventory `POST /reservations/{orderId}/commit`',
      'the server span … that answered gateway `POST /introspections`',
      'the server span … that answered gateway `POST /orders`',
    ];
    const trace = await until(
      () => own.traces.now(answer),
      (sofar) => awaited(sofar).join() === expected.join(),
      'gateway and inventory to export their spans',
    );
    expect(judge(trace).completeness.state).toMatch(/^(waiting|incomplete)$/);
  });

  test('if a server is killed before it exports its spans, its SERVER span is missing by name', async () => {
    const answer = await own.demo.logIn();
    await own.shop.kill('auth', 'SIGKILL');
    const trace = await until(
      () => own.traces.now(answer),
      ({ spans }) => spans.length === 2,
      'the gateway to export its spans',
    );
    expect(awaited(trace)).toEqual(['the server span … that answered gateway `POST /sessions`']);
    expect(judge(trace).sound).toBe(true);
  });
});

test('the next attempt at a job is awaited until it arrives, even if the process is killed in between', async () => {
  await using own = await startOwnShop();
  const answer = await own.demo.place('lucky-postcard');
  await until(
    () => own.traces.now(answer),
    (trace) => awaited(trace).join() === 'attempt 2 of fulfil_order',
    'only the second attempt to be missing',
  );
  const { completeness, outcome, sound } = judge(await own.traces.now(answer));
  expect(completeness.sentence).toMatch(/^waiting for attempt 2 of fulfil_order(, due in \d+ s| \(due \d+ s ago\))$/);
  expect([outcome.state, sound]).toEqual(['retrying', true]);
  await own.shop.kill('order', 'SIGKILL');
  await own.shop.restart('order');
  await own.demo.ended(answer.body.id);
  expect(await own.traces.of(answer, { timeoutMs: 20_000 })).toBeComplete();
});
