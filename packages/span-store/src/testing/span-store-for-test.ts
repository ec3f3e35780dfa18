import { afterEach } from '@jest/globals';
import { startSpanStore } from '../start-span-store.ts';
import type { RunningSpanStore, SpanStoreOptions } from '../start-span-store.ts';

const running: RunningSpanStore[] = [];

/** Starts a span store on free ports. It is closed after the test. */
export async function spanStoreForTest(options: SpanStoreOptions = {}): Promise<RunningSpanStore> {
  const store = await startSpanStore({ otlpPort: 0, ...options });
  running.push(store);
  return store;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((store) => store.close()));
});
