import { startShopUnderTest } from './shop-under-test.ts';

declare global {
  var stopShopUnderTest: (() => Promise<void>) | undefined;
}

/** Jest's global setup: the suite's own shop, unless the caller says where one runs. */
export default async function setUp(): Promise<void> {
  const { GATEWAY_URL, TRACES_URL } = process.env;
  if (Boolean(GATEWAY_URL) !== Boolean(TRACES_URL)) {
    throw new Error('GATEWAY_URL and TRACES_URL go together: the shop to ask, and the Jaeger (or trace store) that has its traces.');
  }
  if (!GATEWAY_URL) globalThis.stopShopUnderTest = await startShopUnderTest();
}
