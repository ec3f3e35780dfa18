import { expect, test } from '@jest/globals';
import { readArguments } from './arguments.ts';
import { startTraceStore } from './start-trace-store.ts';
import { storeForTest } from './testing/store-for-test.ts';

test('flags come before the environment', () => {
  const env = { TRACE_STORE_UI_PORT: '1', TRACE_STORE_MEMORY_MB: '64', TRACE_STORE_HOST: '' };
  expect(readArguments(['--ui-port', '0', '--otlp-port=5'], env)).toEqual({ uiPort: 0, otlpPort: 5, memoryMb: 64 });
  expect(readArguments([], {})).toEqual({});
  expect(readArguments(['--grpc-port', '0'], { TRACE_STORE_GRPC_PORT: '1' })).toEqual({ grpcPort: 0 });
  const origins = { TRACE_STORE_CORS_ORIGINS: 'https://a.example, http://localhost:3000' };
  expect(readArguments([], origins)).toEqual({ corsOrigins: ['https://a.example', 'http://localhost:3000'] });
  expect(readArguments(['--cors-origin', '*'], origins)).toEqual({ corsOrigins: ['*'] });
  expect(readArguments(['--help'], {})).toBeUndefined();
});

test.each([
  [['--ui-port', '65536'], '--ui-port should be a whole number from 0 to 65535, but is "65536"'],
  [['--memory-mb', '0'], '--memory-mb should be a whole number from 1'],
  [['--port', '1'], "Unknown option '--port'"],
  [
    ['--cors-origin', 'https://shop.example/'],
    '--cors-origin should be an origin such as https://shop.example, or *, but is "https://shop.example/"',
  ],
  [['--cors-origin', 'shop.example'], '--cors-origin should be an origin'],
])('%j is refused: %s', (argv, message) => {
  expect(() => readArguments(argv, {})).toThrow(message);
});

test('a port in use is named, and nothing is left listening', async () => {
  const { url } = await storeForTest();
  const taken = Number(new URL(url).port);
  await expect(startTraceStore({ otlpPort: 0, uiPort: taken })).rejects.toThrow(`port ${taken} (UI and query API) is in use`);
  await expect(startTraceStore({ otlpPort: 0, grpcPort: taken, uiPort: 0 })).rejects.toThrow(`port ${taken} (OTLP/gRPC) is in use`);
});
