import { expect, test } from '@jest/globals';
import { readArguments } from './arguments.ts';
import { startTraceStore } from './start-trace-store.ts';
import { storeForTest } from './testing/store-for-test.ts';

test('flags come before the environment', () => {
  const env = { TRACE_STORE_UI_PORT: '1', TRACE_STORE_MEMORY_MB: '64', TRACE_STORE_HOST: '' };
  expect(readArguments(['--ui-port', '0', '--otlp-port=5'], env)).toEqual({ uiPort: 0, otlpPort: 5, memoryMb: 64 });
  expect(readArguments([], {})).toEqual({});
  expect(readArguments(['--help'], {})).toBeUndefined();
});

test.each([
  [['--ui-port', '65536'], '--ui-port should be a whole number from 0 to 65535, but is "65536"'],
  [['--memory-mb', '0'], '--memory-mb should be a whole number from 1'],
  [['--port', '1'], "Unknown option '--port'"],
])('%j is refused: %s', (argv, message) => {
  expect(() => readArguments(argv, {})).toThrow(message);
});

test('a port in use is named, and nothing is left listening', async () => {
  const { url } = await storeForTest();
  const taken = Number(new URL(url).port);
  await expect(startTraceStore({ otlpPort: 0, uiPort: taken })).rejects.toThrow(`port ${taken} (UI and query API) is in use`);
});
