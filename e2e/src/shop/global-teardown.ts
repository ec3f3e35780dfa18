import './global-setup.ts';

/** Jest's global teardown: stops the shop that the setup started. */
export default async function tearDown(): Promise<void> {
  await globalThis.stopShopUnderTest?.();
}
