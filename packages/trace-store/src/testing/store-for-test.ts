import { afterEach } from '@jest/globals';
import type { RunningTraceStore, TraceStoreOptions } from '../start-trace-store.ts';
import { startTraceStore } from '../start-trace-store.ts';

const running: RunningTraceStore[] = [];

/** Starts a trace store on free ports; it is closed after the test. */
export async function storeForTest(options: TraceStoreOptions = {}): Promise<RunningTraceStore> {
  const store = await startTraceStore({ otlpPort: 0, uiPort: 0, ...options });
  running.push(store);
  return store;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((store) => store.close()));
});
