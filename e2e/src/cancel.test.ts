import { expect, test } from '@jest/globals';
import { tracesFrom } from '@waymark/trace-testing';
import '@waymark/trace-testing/jest';
import { FULFILMENT_DELAY } from './shop/settings.ts';
import { describeNeeding } from './shop/needing.ts';
import { shopUnderTest } from './shop/shop-under-test.ts';
import { Shopper } from './shop/shopper.ts';

const { gateway, traces: tracesUrl } = shopUnderTest();
const traces = tracesFrom(tracesUrl);

const [run, why] = describeNeeding(FULFILMENT_DELAY);

run(`an order that is cancelled before it is paid${why}`, () => {
  test('the traces of the order and of its cancellation link to each other', async () => {
    const demo = new Shopper(gateway);
    await demo.logIn();
    const placing = await demo.place('pocket-compass');
    const cancelling = await demo.call('POST', `/v1/orders/${placing.body.id}/cancel`);
    expect(await traces.of(placing, { timeoutMs: 20_000 })).toLinkTo({ traceId: cancelling.traceId });
    expect(await traces.of(cancelling, { timeoutMs: 20_000 })).toLinkTo({ traceId: placing.traceId });
  });
});
