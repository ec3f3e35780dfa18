import { expect, test } from '@jest/globals';
import { judge, settled, type Trace } from '@waymark/trace-model';
import '@waymark/trace-testing/jest';
import { until } from '../shop/until.ts';
import { startOwnShop } from './own-shop.ts';

/** What is awaited, with each span id as `…`. */
const awaited = (trace: Trace): string[] => settled(trace).awaited.map(({ message }) => message.replaceAll(/[0-9a-f]{16}/g, '…'));

test('a service whose spans never arrive is named by those that called it and those that it called', async () => {
  await using own = await startOwnShop({ order: { OTEL_TRACES_EXPORTER: 'none' } });
  const answer = await own.demo.place('desk-lamp');
  await own.demo.ended(answer.body.id);
  const expected = [
    'the span … above inventory `POST /reservations`',
    'the span … above inventory `POST /reservations/{orderId}/commit`',
    'the server span … that answered gateway `POST /orders`',
  ];
  const trace = await until(
    () => own.traces.now(answer),
    (sofar) => awaited(sofar).join() === expected.join(),
    'all but order to report',
  );
  expect(judge(trace).completeness.state).toMatch(/^(waiting|incomplete)$/);
});

test('a job that waits for its next attempt is awaited, also while its process is dead, until the attempt is there', async () => {
  await using own = await startOwnShop();
  const answer = await own.demo.place('lucky-postcard');
  await until(
    () => own.traces.now(answer),
    (trace) => awaited(trace).join() === 'attempt 2 of fulfil_order',
    'the second attempt to be all that is missing',
  );
  const { completeness, outcome, sound } = judge(await own.traces.now(answer));
  expect(completeness.sentence).toMatch(/^waiting for attempt 2 of fulfil_order(, due in \d+ s| \(due \d+ s ago\))$/);
  expect([outcome.state, sound]).toEqual(['retrying', true]);
  await own.shop.kill('order', 'SIGKILL');
  await own.shop.restart('order');
  await own.demo.ended(answer.body.id);
  expect(await own.traces.of(answer, { timeoutMs: 20_000 })).toBeComplete();
});

test('an answer whose server is killed before it can deliver its spans is missed by name', async () => {
  await using own = await startOwnShop({ auth: { OTEL_BSP_SCHEDULE_DELAY: '60000' } });
  const answer = await own.demo.logIn();
  await own.shop.kill('auth', 'SIGKILL');
  const trace = await until(
    () => own.traces.now(answer),
    ({ spans }) => spans.length === 2,
    'the gateway to report',
  );
  expect(awaited(trace)).toEqual(['the server span … that answered gateway `POST /sessions`']);
  expect(judge(trace).sound).toBe(true);
});
