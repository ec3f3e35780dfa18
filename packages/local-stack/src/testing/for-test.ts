import { afterEach } from '@jest/globals';

let ofThisTest = new AsyncDisposableStack();

/** Disposes `resource` after the test, one that never comes to its end included: `await using` would leave that one's processes running. */
export function forTest<T extends AsyncDisposable>(resource: T): T {
  return ofThisTest.use(resource);
}

afterEach(async () => {
  const used = ofThisTest;
  ofThisTest = new AsyncDisposableStack();
  await used.disposeAsync();
}, 20_000);
