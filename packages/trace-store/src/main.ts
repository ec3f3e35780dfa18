import { readArguments, USAGE } from './arguments.ts';
import { startTraceStore } from './start-trace-store.ts';

try {
  const options = readArguments(process.argv.slice(2), process.env);
  if (options === undefined) process.stdout.write(USAGE);
  else {
    const store = await startTraceStore(options);
    process.stdout.write(
      `UI and query API  ${store.url}\nOTLP/HTTP         ${store.otlpUrl}\nOTLP/gRPC         ${store.grpcUrl}\nmemory            ${options.memoryMb ?? 128} MB of traces\n`,
    );
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void store.close());
  }
} catch (error) {
  process.stderr.write(`trace-store: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
