import { startShopUnderTest } from './shop-under-test.ts';

declare global {
  var stopShopUnderTest: (() => Promise<void>) | undefined;
}

/** Jest's global setup: starts a shop, unless GATEWAY_URL and TRACES_URL name a running one. */
export default async function setUp(): Promise<void> {
  const { GATEWAY_URL, TRACES_URL } = process.env;
  if (Boolean(GATEWAY_URL) !== Boolean(TRACES_URL)) {
    throw new Error('Set both GATEWAY_URL (the shop) and TRACES_URL (the Jaeger or trace store with its traces), or neither.');
  }
  if (!GATEWAY_URL) globalThis.stopShopUnderTest = await startShopUnderTest();
}
