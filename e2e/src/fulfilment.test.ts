import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CHARGE, fulfilment, INTROSPECT, placed, RELEASE } from './testing/parts.ts';
import { until, type Shopper } from './testing/shopper.ts';
import { below } from './testing/sketch.ts';
import { startTracedShop, type TracedShop } from './testing/traced-shop.ts';

let traced: TracedShop;
let demo: Shopper;

beforeAll(async () => {
  traced = await startTracedShop({ order: { JOB_MAX_ATTEMPTS: '2' } });
  demo = traced.shopper();
  await demo.logIn();
}, 60_000);
afterAll(async () => traced?.[Symbol.asyncDispose]());

const FAILED_ATTEMPT = (attempt: number): string => `
order CONSUMER process fulfil_order attempt ${attempt} ProviderUnavailable ERROR
  order CLIENT UPDATE orders
  order INTERNAL charge payment ProviderUnavailable ERROR
    order CLIENT INSERT payments`;

test('a declined payment rejects the order and gives its stock back, all in one trace', async () => {
  const before = await demo.available('grand-piano');
  const answer = await demo.place('grand-piano');
  expect(await demo.ended(answer.body.id)).toMatchObject({ status: 'rejected', reason: 'payment_declined' });
  await traced.expectTrace(
    answer,
    placed(`
order CONSUMER process fulfil_order attempt 1
  order CLIENT UPDATE orders
${below(1, CHARGE)}
  order CLIENT BEGIN
  order CLIENT UPDATE orders
  order PRODUCER send release_stock
    order CLIENT SELECT graphile_worker.add_job
${below(2, RELEASE)}
  order CLIENT COMMIT`),
  );
  expect(await demo.available('grand-piano')).toBe(before);
});

test('a payment that fails once is tried again: both attempts are in the trace, and the money is taken once', async () => {
  const answer = await demo.place('lucky-postcard');
  expect(await demo.ended(answer.body.id)).toMatchObject({ status: 'fulfilled' });
  const trace = await traced.expectTrace(
    answer,
    placed(`
${FAILED_ATTEMPT(1).trim()}
${fulfilment(2).trim()}`),
  );
  const exceptions = trace.spans.flatMap((span) => span.events.map(({ name }) => `${name} on ${span.name}`));
  expect(exceptions).toEqual(['exception on charge payment']);
});

test('an order whose payment always fails ends as a dead letter that one can see', async () => {
  const answer = await demo.place('lost-postcard');
  expect(await demo.ended(answer.body.id)).toMatchObject({ status: 'dead_letter', reason: 'fulfilment_failed' });
  await traced.expectTrace(
    answer,
    placed(`
${FAILED_ATTEMPT(1).trim()}
${FAILED_ATTEMPT(2).trim()}
order INTERNAL dead-letter fulfil_order
  order CLIENT INSERT dead_letters
  order CLIENT UPDATE orders`),
  );
  const logged = traced.shop.lines('order').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(logged).toContainEqual(expect.objectContaining({ level: 'error', msg: 'a job failed for good', trace_id: answer.traceId }));
});

test('an order that waits can be cancelled, once it is paid it cannot', async () => {
  await using slow = await startTracedShop({ order: { FULFILMENT_DELAY_SECONDS: '600' } });
  const shopper = slow.shopper();
  await shopper.logIn();
  const before = await shopper.available('brass-bell');
  const { body: order } = await shopper.place('brass-bell', 5);
  const cancelled = await shopper.call('POST', `/v1/orders/${order.id}/cancel`);
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  await slow.expectTrace(
    cancelled,
    `
gateway SERVER POST /v1/orders/{id}/cancel 200
${below(1, INTROSPECT)}
  gateway CLIENT POST /orders/{id}/cancel 200
    order SERVER POST /orders/{id}/cancel 200
      order CLIENT BEGIN
      order CLIENT SELECT orders
      order CLIENT UPDATE orders
      order PRODUCER send release_stock
        order CLIENT SELECT graphile_worker.add_job
${below(4, RELEASE)}
      order CLIENT SELECT orders
      order CLIENT COMMIT`,
  );
  expect(await shopper.available('brass-bell')).toBe(before);
  expect(await shopper.call('POST', `/v1/orders/${order.id}/cancel`)).toMatchObject({ status: 200, body: { status: 'cancelled' } });

  const { body: paid } = await demo.place('brass-bell');
  await demo.ended(paid.id);
  const refused = await demo.call('POST', `/v1/orders/${paid.id}/cancel`);
  expect(refused).toMatchObject({ status: 409, body: { code: 'not_cancellable' } });
});

test('stock that is held too long is sold to the next; the first order is then refunded and rejected', async () => {
  await using late = await startTracedShop({ order: { FULFILMENT_DELAY_SECONDS: '4' }, inventory: { RESERVATION_TTL_SECONDS: '1' } });
  const shopper = late.shopper();
  await shopper.logIn();
  const first = await shopper.place('last-lantern');
  expect(first.status).toBe(201);
  expect(await shopper.place('last-lantern')).toMatchObject({ status: 409, body: { code: 'out_of_stock' } });
  await until(
    () => shopper.available('last-lantern'),
    (available) => available === 1,
    'the reservation to expire',
  );
  const second = await shopper.place('last-lantern');
  const ends = await Promise.all([shopper.ended(first.body.id), shopper.ended(second.body.id)]);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(ends.find(({ status }) => status === 'rejected')?.reason).toBe('reservation_lost');
  expect(await shopper.available('last-lantern')).toBe(0);
});
